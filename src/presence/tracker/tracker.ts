// Presence on one server: held in memory, written in batches, and valid while the server renews its lease.

import type { PresenceTracker } from '../../access/context.ts'
import type { PresenceConfig } from '../../config/presence.ts'
import type { Sql } from '../../database/sql.ts'
import type { Feed } from '../../feed/feed.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { PresenceChange } from '../audience/queries.ts'
import { sendPresences, sendUser } from '../audience/service.ts'
import { dropLease, renewLease, takeLease } from '../leases/queries.ts'
import { createOnlineCounts } from '../online-counts.ts'
import { createRoomActivity } from '../room-activity/room-activity.ts'
import { createOpenVisits } from '../visits/open-visits.ts'
import { createLastSeen } from './last-seen.ts'
import { type Connected, removePresences, writePresences, writeVisits } from './queries.ts'

/** The parts of the server that the tracker needs. */
export interface PresenceTrackerOptions {
  sql: Sql
  /** The id of this process, under which its lease is. */
  serverId: string
  /** True if it holds its lease from the start, and not only once users are connected. */
  keepsLease: boolean
  feed: Pick<Feed, 'hint' | 'onRing' | 'onHint' | 'tellHere'>
  config: PresenceConfig
  counts: Metrics['counts']
  onError(error: unknown): void
}

/** The state of a user's row: none, active or idle. */
type Written = 'absent' | 'active' | 'idle'

interface Person {
  readonly userId: string
  streams: number
  /** The times of the last activity and of the end of the last stream, in milliseconds since 1970. */
  activeAt: number
  leftAt: number
  written: Written
}

const ranks = { absent: 0, idle: 1, active: 2 } as const

/**
 * Starts the presence tracker of one server.
 *
 * It blocks nothing: changes are kept in memory, and written in batches after a moment, a bounded number of rows per
 * statement. When the server dies its lease expires, and another server clears its rows.
 */
export function createPresenceTracker(options: PresenceTrackerOptions): PresenceTracker & { close(): Promise<void> } {
  const { sql, feed, config, counts, onError } = options
  const { leaseMs, lingerMs, rowsPerWriteMax } = config
  const lease = { serverId: options.serverId, leaseMs }
  const people = new Map<string, Person>()
  const changed = new Set<Person>()
  const openVisits = createOpenVisits({
    waitingMax: config.visitsWaitingMax,
    onChange: () => writeIn(config.writeWaitMs),
  })
  const roomActivity = createRoomActivity(options)
  const lastSeen = createLastSeen(options)
  /** When other servers were notified of a user's activity, oldest first. */
  const activitySent = new Map<string, number>()
  let hasLease = false
  let isLeaseDoubted = false
  let isClosing = false
  let timer: { at: number; cancel(): void } | null = null
  let writing: Promise<void> = Promise.resolve()

  function writeIn(ms: number): void {
    const at = Date.now() + ms
    if (isClosing || (timer && timer.at <= at)) return
    timer?.cancel()
    const timeout = setTimeout(() => {
      timer = null
      void write()
    }, ms)
    timer = { at, cancel: () => clearTimeout(timeout) }
  }

  function note(person: Person): void {
    changed.add(person)
    writeIn(config.writeWaitMs)
  }

  function enter(userId: string): () => void {
    const now = Date.now()
    const person = people.get(userId) ?? { userId, streams: 0, activeAt: now, leftAt: now, written: 'absent' }
    people.set(userId, person)
    person.streams += 1
    counts.presence_connections.total += 1
    person.activeAt = now
    note(person)
    return () => {
      person.streams -= 1
      counts.presence_connections.total -= 1
      person.leftAt = Date.now()
      if (person.streams === 0) note(person)
    }
  }

  /** @returns whether they are connected here. */
  function noteActive(userId: string): boolean {
    const person = people.get(userId)
    if (!person) return false
    person.activeAt = Date.now()
    if (person.written === 'idle') note(person)
    return true
  }

  /** Sends a hint to the servers to which a user may be connected, and that would take them for idle. */
  function sendActivity(userId: string): void {
    const now = Date.now()
    for (const [id, sentAt] of activitySent) {
      if (now - sentAt < config.activeToldMs) break
      activitySent.delete(id)
    }
    if (activitySent.has(userId)) return
    activitySent.set(userId, now)
    feed.hint({ topicId: userId, kind: 'USER_ACTIVE', subject: userId, actorId: null, value: 0 })
  }

  function stateOf(person: Person, now: number): Written {
    if (isClosing || (person.streams === 0 && now - person.leftAt >= lingerMs)) return 'absent'
    return now - person.activeAt >= config.idleMs ? 'idle' : 'active'
  }

  /** Writes everything, one write at a time. */
  function write(): Promise<void> {
    writing = writing.then(writeAll).catch((error: unknown) => {
      isLeaseDoubted = true
      onError(error)
      writeIn(config.retryMs * (0.5 + Math.random()))
    })
    return writing
  }

  async function writeAll(): Promise<void> {
    await holdLease()
    // users within the grace period are added again meanwhile
    for (let left = changed.size; left > 0; left -= rowsPerWriteMax) await writePeople()
    while (await writeOpenVisits()) {}
    const nextEnd = openVisits.nextEnd()
    // ended visits are written after lingerMs: a reconnect until then continues the visit
    if (nextEnd !== null) writeIn(Math.max(1, nextEnd + lingerMs - Date.now()))
  }

  /** Renews or takes the lease. When it was cleared with its rows, everything is written again under the new one. */
  async function holdLease(): Promise<void> {
    if (hasLease && isLeaseDoubted) hasLease = await renewLease(sql, lease)
    if (!hasLease) {
      await takeLease(sql, lease)
      for (const person of people.values()) {
        person.written = 'absent'
        changed.add(person)
      }
      openVisits.restart()
    }
    hasLease = true
    isLeaseDoubted = false
  }

  /** Writes a batch of presence changes. */
  async function writePeople(): Promise<void> {
    const now = Date.now()
    const taken = [...changed].slice(0, rowsPerWriteMax).map((person) => ({ person, state: stateOf(person, now) }))
    for (const { person } of taken) changed.delete(person)
    const moved = taken.filter(({ person, state }) => person.written !== state)
    const here: Connected[] = moved.flatMap(({ person: { userId }, state }) =>
      state === 'absent' ? [] : [{ userId, isIdle: state === 'idle' }],
    )
    const gone = moved.flatMap(({ person, state }) => (state === 'absent' ? [person.userId] : []))
    try {
      await writePresences(sql, lease.serverId, here)
      await removePresences(sql, lease.serverId, gone)
    } catch (error) {
      for (const { person } of taken) changed.add(person)
      throw error
    }
    const changes: PresenceChange[] = moved.map(({ person, state }) => ({
      userId: person.userId,
      rank: Math.max(ranks[person.written], ranks[state]),
    }))
    for (const { person, state } of taken) settlePerson(person, state)
    if (changes.length > 0) await sendPresences({ sql, feed, config }, changes, lease.serverId).catch(onError)
  }

  function settlePerson(person: Person, state: Written): void {
    person.written = state
    if (person.streams > 0) return
    if (state === 'absent') people.delete(person.userId)
    else {
      changed.add(person)
      writeIn(Math.max(1, person.leftAt + lingerMs - Date.now()))
    }
  }

  async function writeOpenVisits(): Promise<boolean> {
    const rows = openVisits.take(rowsPerWriteMax, isClosing ? Number.POSITIVE_INFINITY : Date.now() - lingerMs)
    try {
      await writeVisits(sql, lease.serverId, rows)
    } catch (error) {
      openVisits.putBack(rows)
      throw error
    }
    return rows.length === rowsPerWriteMax
  }

  const renewal = setInterval(() => {
    if (!hasLease && !options.keepsLease) return
    isLeaseDoubted = true
    void write()
  }, config.renewMs)
  const idleness = setInterval(() => {
    const now = Date.now()
    for (const person of people.values()) if (stateOf(person, now) !== person.written) note(person)
  }, config.idleCheckMs)

  if (options.keepsLease) void write()
  feed.onHint('USER_ACTIVE', ({ subject }) => void noteActive(subject))

  return {
    enter,
    enterRoom(visit) {
      const leaveRoom = openVisits.enter(visit)
      const leave = enter(visit.userId)
      return () => {
        leaveRoom()
        leave()
      }
    },
    followRooms: roomActivity.follow,
    touch(userId) {
      if (noteActive(userId)) return
      sendActivity(userId)
      lastSeen.note(userId)
    },
    tellUser: (userId, about) => void sendUser(options, userId, about).catch(onError),
    settle: write,
    countOnline: createOnlineCounts(sql, config),
    async close() {
      roomActivity.close()
      await lastSeen.close()
      clearInterval(renewal)
      clearInterval(idleness)
      timer?.cancel()
      isClosing = true
      if (!hasLease && people.size === 0) return
      for (const person of people.values()) changed.add(person)
      openVisits.endAll()
      await write()
      // rows that could not be deleted end with the lease, as if the server had died
      if (!isLeaseDoubted) await dropLease(sql, lease.serverId).catch(onError)
    },
  }
}
