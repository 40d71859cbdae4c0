// Changes that are to be made, kept until the server has made them: in order for each room, each exactly once by its nonce.
// `attempt` decides what is tried again, by `isTemporary` and `isOfSession` of transport/retry.ts; perform.ts makes one attempt.

import type { StoredMessage } from '../api/entities.ts'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import type { PersistedTables, TableChange } from '../persistence/persistence.ts'
import { randomId } from '../random-id.ts'
import { toKabarError } from '../transport/answers.ts'
import { type Backoff, createBackoff, isOfSession, isTemporary } from '../transport/retry.ts'
import type { Perform } from './perform.ts'
import { type Change, createKeys, keepError, type OutboxRecord, thrownOf } from './records.ts'

/** The parts of the client that an outbox uses. */
export interface OutboxParts {
  readonly tabId: string
  readonly perform: Perform
  readonly tables: PersistedTables | null
  /** Tells whether a tab is still there to make its own changes. */
  isTabAlive(tabId: string): Promise<boolean>
  /** Takes the answer to a change. True when the record is to stay until the store shows its message. */
  answered(record: OutboxRecord, answer: StoredMessage | null): boolean
  /** The records of a room have changed. */
  changed(roomId: string): void
  failedToKeep(error: unknown): void
}

/** The unsent changes of one account. */
export interface Outbox {
  /** Makes a change. Resolves when it is made and shown; throws what the server refused it with. */
  add(roomId: string, change: Change, nonce?: string): Promise<StoredMessage | null>
  /** Unsent changes of a room, oldest first. */
  of(roomId: string): readonly OutboxRecord[]
  /** The store shows the message of a nonce. */
  shown(roomId: string, message: StoredMessage): void
  /**
   * The stream of a room has passed a number.
   *
   * A message up to there that was sent and is not shown may have been taken back with the database: it is sent again. Its
   * nonce makes that safe.
   */
  passed(roomId: string, number: number): void
  /** Called when a room has lost its last follower: changes made in it count as shown. */
  unfollowed(roomId: string): void
  retry(key: string): void
  discard(key: string): void
  /** Takes over what was kept by tabs that are gone. */
  takeOver(): Promise<void>
  /** Tries at once instead of waiting. */
  hurry(): void
  /** Ends it. What waits is made by the next one, unless everything that is kept is deleted. */
  close(options?: { readonly isWiped: boolean }): void
}

interface Waiter {
  resolve(message: StoredMessage | null): void
  reject(error: KabarError): void
}

const isMark = ({ kind }: Change) => kind === 'read' || kind === 'unread' || kind === 'delivered'

/** The order in which entries are sent. Marks do not wait for messages; markRead and markUnread wait for each other. */
const laneOf = ({ roomId, change }: OutboxRecord) =>
  isMark(change) ? `${roomId} ${change.kind === 'delivered' ? 'delivered' : 'read'}` : roomId

const closed = (text: string) => new KabarError('CANCELLED', text)

/** Makes the outbox of an account. */
export function createOutbox(parts: OutboxParts): Outbox {
  const { tabId, perform, tables } = parts
  const keys = createKeys(tabId)
  const records = new Map<string, OutboxRecord>()
  const waiters = new Map<string, Waiter>()
  const lanes = new Map<string, Backoff>()
  let isClosed = false
  /** The keys that were dropped while the tables were read, for each read. */
  const reads = new Set<Set<string>>()

  const sorted = () => [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  const of = (roomId: string) => sorted().filter((record) => record.roomId === roomId)

  function keep(changes: readonly TableChange[]): void {
    if (!isClosed) tables?.write(changes).catch(parts.failedToKeep)
  }

  function put(record: OutboxRecord): void {
    records.set(record.key, record)
    keep([{ table: 'outbox', key: record.key, value: record }])
    parts.changed(record.roomId)
  }

  function update(key: string, more: Partial<OutboxRecord>): OutboxRecord | null {
    const record = records.get(key)
    if (!record) return null // discarded meanwhile, or shown already
    const next = { ...record, ...more }
    put(next)
    return next
  }

  function drop({ key, roomId }: OutboxRecord): void {
    if (!records.delete(key)) return
    for (const dropped of reads) dropped.add(key)
    keep([{ table: 'outbox', key, value: undefined }])
    parts.changed(roomId)
  }

  function settle(record: OutboxRecord, message: StoredMessage | null): void {
    drop(record)
    waiters.get(record.key)?.resolve(message)
    waiters.delete(record.key)
  }

  function refuse(record: OutboxRecord, error: KabarError): void {
    // a mark that cannot be set is of no interest to anybody
    if (isMark(record.change)) drop(record)
    else update(record.key, { state: 'failed', error: keepError(error) })
    waiters.get(record.key)?.reject(error)
    waiters.delete(record.key)
  }

  async function attempt(record: OutboxRecord, backoff: Backoff): Promise<void> {
    const { key } = record
    try {
      const answer = await perform(record, {
        note(files, progress) {
          const known = records.get(key)
          if (known?.change.kind === 'send') update(key, { change: { ...known.change, files }, progress })
        },
        isWanted: () => records.has(key) && !isClosed,
      })
      // the next outbox asks again, and its nonce gives the same answer
      if (isClosed) return
      backoff.reset()
      const done = update(key, { state: 'done', answer })
      // the same message again: it is stored, and not among those that are held
      const isAgain = answer !== null && record.answer?.id === answer.id
      if (done && (isAgain || !parts.answered(done, answer))) settle(done, answer)
    } catch (thrown) {
      // it is made by the next outbox
      if (isClosed) return
      const error = toKabarError(thrown, '')
      const tries = record.tries + 1
      const isHopeless = error.code === 'INTERNAL' && tries >= bounds.internalTriesMax
      // a user who is signed out sends it after signing in again, unless another account signs in
      if ((!isTemporary(error) && !isOfSession(error)) || isHopeless) return refuse(record, error)
      update(key, { tries })
      await backoff.wait(error.retryAfterMs ?? (isOfSession(error) ? bounds.retryStrangerMs : 0))
    }
  }

  /** Makes the changes of a lane one after another, while there are any. */
  async function run(lane: string): Promise<void> {
    if (lanes.has(lane)) return
    const backoff = createBackoff()
    lanes.set(lane, backoff)
    try {
      for (;;) {
        const next = sorted().find((record) => record.state === 'waiting' && laneOf(record) === lane)
        if (!next || isClosed) return
        await attempt(next, backoff)
      }
    } finally {
      lanes.delete(lane)
    }
  }

  /**
   * Drops the waiting marks that a new one of the same kind replaces.
   *
   * A later `read` or `delivered` has a higher number and includes the earlier one. Of `unread`, only the last one counts.
   */
  function replaceMarks({ roomId, change }: { roomId: string; change: Change }): void {
    if (!isMark(change)) return
    for (const record of of(roomId)) {
      if (record.change.kind === change.kind && record.state === 'waiting' && record.tries > 0) settle(record, null)
    }
  }

  function retry(key: string): void {
    const record = update(key, { state: 'waiting', error: null, tries: 0 })
    if (record) void run(laneOf(record))
  }

  return {
    of,
    async add(roomId, change, nonce = randomId()) {
      if (isClosed) throw closed('The client is closed.')
      if (records.size >= bounds.outboxMax) {
        throw new KabarError(
          'CONFLICT',
          `${bounds.outboxMax} changes wait to be sent already. Try again when some are sent.`,
        )
      }
      replaceMarks({ roomId, change })
      const key = keys.next()
      const made = new Promise<StoredMessage | null>((resolve, reject) => waiters.set(key, { resolve, reject }))
      const record: OutboxRecord = {
        ...{ key, roomId, tabId, nonce, createdAt: new Date().toISOString(), change },
        ...{ state: 'waiting', tries: 0, error: null, answer: null, progress: 0 },
      }
      put(record)
      void run(laneOf(record))
      return await made
    },
    shown(roomId, message) {
      for (const record of records.values()) {
        const isIt = record.roomId === roomId && record.change.kind === 'send' && record.nonce === message.nonce
        if (isIt) settle(record, message)
      }
    },
    passed(roomId, number) {
      for (const { key, state, answer } of of(roomId)) {
        if (state === 'done' && answer && answer.number <= number) retry(key)
      }
    },
    unfollowed(roomId) {
      for (const record of of(roomId)) if (record.state === 'done') settle(record, record.answer)
    },
    retry,
    discard(key) {
      const record = records.get(key)
      if (!record) return
      drop(record)
      waiters.get(key)?.reject(new KabarError('CANCELLED', 'The change was discarded before it was made.'))
      waiters.delete(key)
    },
    async takeOver() {
      const dropped = new Set<string>()
      reads.add(dropped)
      const kept = await Promise.resolve(tables?.all('outbox')).finally(() => reads.delete(dropped))
      for (const { key, value } of kept ?? []) {
        const record = value as OutboxRecord
        // what is done comes with the feed
        if (record.state === 'done') keep([{ table: 'outbox', key, value: undefined }])
        if (
          record.state === 'done' ||
          records.has(key) ||
          dropped.has(key) ||
          (record.tabId !== tabId && (await parts.isTabAlive(record.tabId)))
        )
          continue
        keys.after(key)
        put({ ...record, tabId })
      }
      for (const record of sorted()) if (record.state === 'waiting') void run(laneOf(record))
    },
    hurry() {
      for (const backoff of lanes.values()) backoff.hurry()
    },
    close({ isWiped } = { isWiped: false }) {
      isClosed = true
      for (const backoff of lanes.values()) backoff.hurry()
      for (const [key, { reject }] of waiters) {
        const record = records.get(key)
        const error = record?.error ? thrownOf(record.error) : null
        const fate = isWiped ? 'The change is deleted.' : 'The change is kept and made by the next one.'
        reject(error ?? closed(`The client was closed. ${fate}`))
      }
      waiters.clear()
    },
  }
}
