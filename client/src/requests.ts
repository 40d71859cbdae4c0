import type { Document } from './api/kabar.ts'
import { KabarError } from './errors.ts'
import type { OwnedSession } from './session/session.ts'
import type { Ask } from './sync/parts.ts'
import type { Http } from './transport/http.ts'
import { isOfSession } from './transport/retry.ts'

/** Runs an operation over HTTP, as who is signed in. */
export type Run = <Data = Record<string, unknown>, Variables = Record<string, unknown>>(
  document: Document<Data, Variables>,
  variables?: Variables,
  options?: { signal?: AbortSignal },
) => Promise<Data>

/** The text of a document. */
export function textOf(document: string | object): string {
  const text = typeof document === 'string' ? document : sourceOf(document)
  if (!/[{]/.test(text)) {
    throw new KabarError('BAD_USER_INPUT', 'The document has no text: give a string, or a document that prints as one.')
  }
  return text
}

/** Documents of graphql-tag keep the text that they were made of. */
function sourceOf(document: object): string {
  const loc: unknown = Reflect.get(document, 'loc')
  const source: unknown = typeof loc === 'object' && loc !== null ? Reflect.get(loc, 'source') : null
  const body: unknown = typeof source === 'object' && source !== null ? Reflect.get(source, 'body') : null
  if (typeof body === 'string') return body
  // documents of code generators print as their text
  const print: unknown = Reflect.get(document, 'toString')
  return typeof print === 'function' ? String(print.call(document)) : ''
}

/** The parts of the client that its requests use. */
export interface RequestsParts {
  readonly http: Http
  readonly session: OwnedSession
  /** The user as whom they are made, and nobody else; null for who is signed in. */
  readonly of?: string | null
}

/** Makes the requests of a client. After UNAUTHENTICATED they are tried once more, with a fresh token. */
export function createRequests({ http, session, of = null }: RequestsParts): { run: Run; ask: Ask } {
  const run: Run = async <Data, Variables>(
    document: Document<Data, Variables>,
    variables?: Variables,
    { signal }: { signal?: AbortSignal } = {},
  ) => {
    const query = textOf(document)
    const token = await session.accessToken({ of })
    const operation = { query, variables, signal }
    // what comes is of the type that the document carries
    try {
      return (await http.post({ ...operation, token })) as Data
    } catch (error) {
      if (!token || !(error instanceof KabarError) || !isOfSession(error)) throw error
      const fresh = await session.accessToken({ fresh: true, of })
      if (!fresh || fresh === token) throw error
      return (await http.post({ ...operation, token: fresh })) as Data
    }
  }
  return { run, ask: (operation, variables, signal) => run(operation, variables, signal ? { signal } : {}) }
}
