import { setTimeout as wait } from 'node:timers/promises'
import { readFinalRooms } from './final-rooms.ts'
import type { Entry, FinalRoom, History, Observation, Violation } from './history.ts'
import { type Observer, startObserver } from './observer.ts'
import {
  addMembers,
  type CreatedRoom,
  createRoom,
  joinRoom,
  leaveRoom,
  type ReadRoom,
  readRoom,
  removeMember,
  snapshotOf,
} from './operations.ts'
import { randomOf } from './random.ts'
import type { Person, World } from './world.ts'
import { askCounted, type Records, sendOnce, write } from './writer.ts'

/** How much happens. */
export interface LoadSize {
  readonly rooms: number
  readonly observers: number
  /** Milliseconds between two operations of one writer, on average. */
  readonly pauseMs: number
}

/** Clients beside those of a load, which must catch up as its own do. */
export interface Companion {
  /** Sends something. Returns whether everybody had it within `ms`. */
  mark(ms: number): Promise<boolean>
  violations(): readonly Violation[]
  close(): Promise<void>
}

/** Clients that write, move and observe until the load is finished. */
export interface Load {
  readonly roomIds: readonly string[]
  readonly observers: readonly Observer[]
  readonly records: Records
  readonly companions: readonly Companion[]
  /** Takes somebody in until the end. */
  join(companion: Companion): void
  /** Sends a message to every room. Returns after how many ms everybody had it; null when not within `ms`. */
  mark(ms: number): Promise<number | null>
  /** Sends one message of its first writer. */
  send(roomId: string, body: string): Promise<void>
  /** Stops all writing and waits until everybody has seen all, for `ms` at the most. */
  finish(ms: number): Promise<History>
  close(): Promise<void>
}

const moveMs = 150
const pollMs = 20
const markTries = 100
/** Time for pending requests to take effect after everything seems still. */
const stillMs = 500

/** Makes rooms and starts clients on them. Everything that chance decides follows from the seed. */
export async function startLoad(world: World, seed: number, size: LoadSize): Promise<Load> {
  const { writers, readers } = world
  const urls = world.servers.map((server) => server.url)
  const records: Records = { sends: [], edits: [], codes: new Map(), wasPutBack: false }
  const stop = new AbortController()
  const owner = ownerOf(world)
  const roomIds = await Promise.all(Array.from({ length: size.rooms }, () => makeRoom(world, owner)))
  const observers = Array.from({ length: size.observers }, (_, index) => {
    const reader = readers[index % readers.length] ?? owner
    const roomId = roomIds[Math.floor(index / readers.length) % roomIds.length] ?? ''
    const name = `observer ${index + 1}`
    return startObserver({ ...reader, name, roomId, urls, random: randomOf(seed, name) })
  })
  const working = writers.map((person, index) => {
    const name = `writer ${index + 1}`
    const random = randomOf(seed, name)
    return write({ name, person, roomIds, urls, random, records, pauseMs: size.pauseMs, stop: stop.signal })
  })
  const random = randomOf(seed, 'mover')
  working.push(move())
  const companions: Companion[] = []
  let extra = 0

  /** Takes readers out of rooms and back. */
  async function move(): Promise<void> {
    while (!stop.signal.aborted) {
      const [roomId, reader] = [random.pick(roomIds), random.pick(readers)]
      const { userId } = reader
      const operation = random.pick([
        { query: removeMember, variables: { roomId, userId }, token: owner.token },
        { query: addMembers, variables: { roomId, userIds: [userId] }, token: owner.token },
        { query: leaveRoom, variables: { roomId }, token: reader.token },
        { query: joinRoom, variables: { roomId }, token: reader.token },
        { query: joinRoom, variables: { roomId }, token: reader.token },
      ])
      // some of them do not read while they are moved
      const slow = random.chance(0.3) ? observers.filter((observer) => observer.userId === userId) : []
      for (const observer of slow) observer.pause()
      await askCounted(records, random.pick(urls), operation)
      if (slow.length > 0) await wait(random.below(4 * moveMs), undefined, { signal: stop.signal }).catch(() => {})
      for (const observer of slow) observer.resume()
      await wait(random.below(2 * moveMs), undefined, { signal: stop.signal }).catch(() => {})
    }
  }

  const send = (roomId: string, body: string, triesMax: number) => {
    extra += 1
    const nonce = `extra-${extra}`
    return sendOnce({ person: owner, random, urls, records }, { roomId, body: `${nonce} ${body}`, nonce, triesMax })
  }

  async function mark(ms: number): Promise<number | null> {
    const began = performance.now()
    const seenBefore = observers.map(({ entries }) => entries.length)
    const sent = await Promise.all(roomIds.map((roomId) => send(roomId, 'marker', markTries)))
    const ids = new Map(roomIds.map((roomId, index) => [roomId, sent[index]?.id]))
    // by the message and not by its number, which an observer may have reached in a history that was lost
    const isThere = (observer: Observer, index: number) =>
      observer.isOutside() || hasSeen(observer.entries.slice(seenBefore[index]), ids.get(observer.roomId))
    while (!observers.every(isThere)) {
      if (performance.now() - began > ms) return null
      await wait(pollMs)
    }
    const left = () => ms - (performance.now() - began)
    for (const companion of companions) if (!(await companion.mark(Math.max(0, left())))) return null
    return performance.now() - began
  }

  async function finish(ms: number): Promise<History> {
    stop.abort()
    await Promise.all(working)
    let rooms = await readFinalRooms(world.postgres, roomIds)
    for (const end = performance.now() + ms; performance.now() < end; await wait(pollMs)) {
      rooms = await readFinalRooms(world.postgres, roomIds)
      if (!observers.every((observer) => isUpToDate(observer, rooms))) continue
      await wait(stillMs)
      const later = await readFinalRooms(world.postgres, roomIds)
      if (later.every(({ head }, index) => head === rooms[index]?.head)) break
    }
    const fresh = await readFresh(world, owner, roomIds)
    const observations = observers.map(({ name, roomId, userId, entries }) => ({ name, roomId, userId, entries }))
    const { sends, edits, wasPutBack } = records
    return { sends, edits, wasPutBack, rooms, observations: [...observations, ...fresh] }
  }

  return {
    ...{ roomIds, observers, records, companions, mark, finish },
    join: (companion) => void companions.push(companion),
    async send(roomId, body) {
      await send(roomId, body, markTries)
    },
    async close() {
      stop.abort()
      await Promise.all([
        ...working,
        ...observers.map((observer) => observer.stop()),
        ...companions.map((companion) => companion.close()),
      ])
    },
  }
}

/** Returns the owner of all rooms, who is never moved. */
function ownerOf({ writers: [owner] }: World): Person {
  if (!owner) throw new Error('a world has a writer')
  return owner
}

async function makeRoom(world: World, owner: Person): Promise<string> {
  const { createRoom: made } = await world.insist<CreatedRoom>({
    query: createRoom,
    variables: { name: 'Chaos' },
    token: owner.token,
  })
  const userIds = [...world.writers.slice(1), ...world.readers].map(({ userId }) => userId)
  await world.insist({ query: addMembers, variables: { roomId: made.room.id, userIds }, token: owner.token })
  return made.room.id
}

/** Tells whether an observer received a message, live or by reading. */
function hasSeen(entries: readonly Entry[], messageId: string | undefined): boolean {
  return entries.some((entry) => {
    if (entry.kind === 'event') return entry.message?.id === messageId
    return entry.kind === 'snapshot' && entry.messages.some(({ id }) => id === messageId)
  })
}

function isUpToDate(observer: Observer, rooms: readonly FinalRoom[]): boolean {
  const room = rooms.find(({ roomId }) => roomId === observer.roomId)
  const isMember = room?.members.some(({ userId }) => userId === observer.userId)
  return isMember ? observer.seq() === room?.head : observer.isOutside()
}

/** Reads every room afresh from every server: these must agree with the streams too. */
function readFresh(world: World, owner: Person, roomIds: readonly string[]): Promise<Observation[]> {
  const reads = world.servers.flatMap(({ name, url }) =>
    roomIds.map(async (roomId) => {
      const operation = { query: readRoom, variables: { roomId }, token: owner.token }
      const { room } = await world.insist<ReadRoom>(operation, [url])
      return { name: `a fresh read of ${name}`, roomId, userId: owner.userId, entries: room ? [snapshotOf(room)] : [] }
    }),
  )
  return Promise.all(reads)
}
