import type { Outcome } from './history.ts'

/** How one operation ended. */
export type Answer<Data> =
  | { readonly kind: 'done'; readonly data: Data }
  /** Nothing was done. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may have been done. */
  | { readonly kind: 'unknown'; readonly code: string }

/** An operation with whose token it is sent. */
export interface Operation {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly token?: string
}

/** A client that hears nothing for so long tries elsewhere. */
const answerMs = 2_500

/** Codes after which a client may try again: whether something was done is not said. */
const unclear = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'])

/** Sends one operation to one server, once, and waits for the answer for `ms`. */
export async function ask<Data>(
  url: string,
  { query, variables, token }: Operation,
  ms = answerMs,
): Promise<Answer<Data>> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(ms),
    })
    // what a GraphQL server answers over HTTP
    const { data, errors } = (await response.json()) as {
      data?: Data | null
      errors?: { extensions?: { code?: string } }[]
    }
    const code = errors?.[0]?.extensions?.code
    if (data && !errors) return { kind: 'done', data }
    if (code === undefined || unclear.has(code)) return { kind: 'unknown', code: code ?? `HTTP ${response.status}` }
    return { kind: 'refused', code }
  } catch (error) {
    return { kind: 'unknown', code: error instanceof Error ? error.name : 'broken' }
  }
}

/** Classifies an answer for the checker. */
export function outcomeOf(answer: Answer<unknown>): Outcome {
  if (answer.kind === 'done') return 'acked'
  return answer.kind === 'refused' ? 'failed' : 'unknown'
}
