import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../tests/simulation/virtual-time.ts'
import { type Answer, ask, type Operation, outcomeOf } from './client.ts'
import type { EditRecord, Outcome, SendRecord } from './history.ts'
import { deleteMessage, editMessage, type SentMessage, sendMessage } from './operations.ts'
import type { Person } from './world.ts'

/** The actions of the clients of a load. */
export interface Records {
  readonly sends: SendRecord[]
  readonly edits: EditRecord[]
  /** How often which code was answered. */
  readonly codes: Map<string, number>
  /** True when the database was put back to an earlier state: see `forget`. */
  wasPutBack: boolean
}

/** The writer, the rooms and the source of random choices. */
export interface WriterOptions {
  readonly name: string
  readonly person: Person
  readonly roomIds: readonly string[]
  readonly urls: readonly string[]
  readonly random: Random
  readonly records: Records
  /** Milliseconds between two operations, on average. */
  readonly pauseMs: number
  readonly stop: AbortSignal
}

/** A message to send, tried again with its nonce while its outcome is not known. */
export interface Send {
  readonly roomId: string
  readonly body: string
  readonly nonce: string
  readonly triesMax: number
}

const triesMax = 8
const retryMsMax = 300
const remembered = 30

/** The numbers of records until a moment. */
export interface Mark {
  readonly sends: number
  readonly edits: number
}

/** Marks a moment, to which the database may be put back. */
export const markOf = ({ sends, edits }: Records): Mark => ({ sends: sends.length, edits: edits.length })

/** Takes back what was acknowledged since a moment: the database has lost it, or some of it. */
export function forget(records: Records, { sends, edits }: Mark): void {
  const doubt = <Item extends { readonly outcome: Outcome }>(list: Item[], from: number) => {
    for (const [index, item] of list.entries()) {
      if (index >= from && item.outcome === 'acked') list[index] = { ...item, outcome: 'unknown' }
    }
  }
  doubt(records.sends, sends)
  doubt(records.edits, edits)
  records.wasPutBack = true
}

/** Sends and edits until it is stopped. Resolves when its last operation has ended. */
export async function write(options: WriterOptions): Promise<void> {
  const { name, roomIds, random, pauseMs, stop } = options
  const mine: string[] = []
  for (let count = 1; !stop.aborted; count++) {
    if (mine.length > 0 && random.chance(0.2)) await change(options, mine)
    else {
      const nonce = `${name}-${count}`
      const body = random.chance(0.05) ? `${nonce} ${'long '.repeat(random.below(700))}` : nonce
      const send = { roomId: random.pick(roomIds), body, nonce, triesMax: 1 + random.below(triesMax) }
      const sent = await sendOnce(options, send)
      if (sent) mine.push(sent.id)
      if (mine.length > remembered) mine.shift()
    }
    await wait(random.below(2 * pauseMs), undefined, { signal: stop }).catch(() => {})
  }
}

/** Sends one message, with as many tries as it may have, and records how that ended. Returns it when it was acknowledged. */
export async function sendOnce(
  { person, random, urls, records }: Pick<WriterOptions, 'person' | 'random' | 'urls' | 'records'>,
  { roomId, body, nonce, triesMax: tries }: Send,
): Promise<SentMessage['sendMessage']['message'] | null> {
  const operation = { query: sendMessage, variables: { input: { roomId, body, nonce } }, token: person.token }
  const began = performance.now()
  let answer: Answer<SentMessage> | null = null
  let unclear = false
  for (let left = tries; left > 0; left--) {
    answer = await askCounted<SentMessage>(records, random.pick(urls), operation)
    if (answer.kind !== 'unknown') break
    unclear = true
    if (left > 1) await wait(random.below(retryMsMax))
  }
  const message = answer?.kind === 'done' ? answer.data.sendMessage.message : null
  records.sends.push({
    ...{ roomId, authorId: person.userId, nonce, body, began, ended: performance.now() },
    // a try before the refusal may have been stored
    outcome: message ? 'acked' : unclear ? 'unknown' : 'failed',
    messageId: message?.id ?? null,
    number: message?.number ?? null,
  })
  return message
}

async function change({ person, random, urls, records }: WriterOptions, mine: string[]): Promise<void> {
  const messageId = random.pick(mine)
  const isDeletion = random.chance(0.2)
  if (isDeletion) mine.splice(mine.indexOf(messageId), 1)
  const body = isDeletion ? null : `edited ${random.below(1_000_000)}`
  const answer = await askCounted(records, random.pick(urls), {
    query: isDeletion ? deleteMessage : editMessage,
    variables: isDeletion ? { messageId } : { messageId, body },
    token: person.token,
  })
  records.edits.push({ messageId, body, outcome: outcomeOf(answer) })
}

/** Asks, and counts the code of what was not done. */
export async function askCounted<Data>({ codes }: Records, url: string, operation: Operation): Promise<Answer<Data>> {
  const answer = await ask<Data>(url, operation)
  if (answer.kind !== 'done') codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1)
  return answer
}
