// The stage of the checks of mutants: two servers, people, and those who watch a room.

import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { ask } from '../../chaos/client.ts'
import type { EventEntry } from '../../chaos/history.ts'
import { isNumbered } from '../../chaos/observation-checker.ts'
import { type Observer, startObserver } from '../../chaos/observer.ts'
import { followRoom, type SentMessage, sendMessage } from '../../chaos/operations.ts'
import { usePostgres } from '../../chaos/postgres.ts'
import type { TcpProxy } from '../../chaos/proxy.ts'
import { randomOf } from '../../chaos/random.ts'
import type { Person } from '../../chaos/world.ts'
import type { UnsentFigures } from '../../src/http/unsent-bytes.ts'

/** A promise that was broken. */
export class Broken extends Error {}

/** Two servers, without sweeps, the second behind a proxy. */
export interface Stage {
  readonly one: string
  readonly two: string
  /** The unsent bytes of the first server. */
  readonly figures: () => UnsentFigures
  readonly proxy: TcpProxy
  readonly owner: Person
  readonly guests: readonly Person[]
  readonly roomId: string
}

export const answerMs = 60_000
/** Time to wait for something that only a server without the mutant does, or that it must not do. */
export const patienceMs = process.env.MUTANT ? 8_000 : 60_000

/** Waits until a statement waits for a lock. */
export async function untilLocked(databaseUrl: string): Promise<void> {
  const { query } = usePostgres(databaseUrl)
  for (let waits = false; !waits; await wait(10)) {
    // on a connection of its own: within a transaction the view stays as it was first seen
    const rows = await query(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    waits = rows.length > 0
  }
}

/** Runs an operation, which breaks a promise when it fails. */
export async function must<Data>(
  url: string,
  person: Person | null,
  query: string,
  variables: Record<string, unknown>,
): Promise<Data> {
  const operation = { query, variables, ...(person && { token: person.token }) }
  const answer = await ask<Data>(url, operation, answerMs)
  if (answer.kind !== 'done') throw new Broken(`${query.trim().split('\n')[0]} gave ${answer.code}`)
  return answer.data
}

export async function send(url: string, author: Person, roomId: string, body: string, nonce?: string) {
  const variables = { input: { roomId, body, ...(nonce && { nonce }) } }
  const { sendMessage: sent } = await must<SentMessage>(url, author, sendMessage, variables)
  return sent.message
}

/** The first thing that somebody gets who follows a room after a cursor. */
export async function firstOf(
  url: string,
  person: Person,
  variables: { roomId: string; after: unknown },
): Promise<string> {
  const client = createClient({
    ...{ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: `Bearer ${person.token}` },
  })
  try {
    for await (const result of client.iterate({ query: followRoom, variables })) return JSON.stringify(result)
    return 'nothing'
  } finally {
    await client.dispose()
  }
}

export async function observing(
  { one: url, owner, roomId }: Pick<Stage, 'one' | 'owner' | 'roomId'>,
  use: (observer: Observer) => Promise<void>,
): Promise<void> {
  const observer = startObserver({ ...owner, roomId, name: 'observer', urls: [url], random: randomOf(1, 'observer') })
  try {
    await until('is in step', () => observer.entries.some((entry) => entry.kind === 'event' && entry.type === 'Synced'))
    await use(observer)
  } finally {
    await observer.stop()
  }
}

export function events({ entries }: Observer): EventEntry[] {
  return entries.filter((entry) => entry.kind === 'event').filter(isNumbered)
}

/** Waits for so many events, and sees that they come in steps of one. */
export async function seen(observer: Observer, count: number): Promise<void> {
  await until(`has ${count} events`, () => events(observer).length >= count)
  const seqs = events(observer).map(({ seq }) => seq)
  if (seqs.some((seq, index) => seq !== (seqs[0] ?? 0) + index)) throw new Broken(`got the events ${seqs.join()}`)
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + patienceMs; !isSo(); await wait(10)) {
    if (performance.now() > end) throw new Broken(`it never came that the observer ${what}`)
  }
}
