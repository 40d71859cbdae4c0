// The store of a room under faults, in virtual time, against what a real server has told of that room.
//
// Real are the store, its rules, reads, persistence, streams and outbox, every event, and every answer of a read, which is cut
// out of what the real server answered at that place of the history. By chance is when things arrive: with cuts, lost answers,
// pauses, reloads, kills and a database that is put back. Cursors count events here, and a page has 8 messages. It proves that
// none of these changes what is shown in the end: the same as by a fresh read, and by the digest of the real server. It proves
// nothing about sockets, sessions, tabs and the list of rooms: simulation.ts plays those with real servers.

import assert from 'node:assert/strict'
import {
  createRandom,
  createVirtualClock,
  type Random,
  type VirtualClock,
} from '../../../tests/simulation/virtual-time.ts'
import type { Kabar } from '../../src/api/kabar.ts'
import type { Room } from '../../src/api/room.ts'
import { createOutbox, type Outbox } from '../../src/outbox/outbox.ts'
import { memoryPersistence } from '../../src/persistence/memory.ts'
import type { PersistedTables } from '../../src/persistence/persistence.ts'
import { digestOf } from '../../src/store/digest.ts'
import { roomKeeper } from '../../src/sync/room-keep.ts'
import { fillGaps } from '../../src/sync/room-reads.ts'
import { createRoomSync, type RoomSync } from '../../src/sync/room-sync.ts'
import { createStreams, type Streams } from '../../src/transport/streams.ts'
import { fresh, shown } from './fresh.ts'
import type { Recording } from './recording.ts'
import { createReplayServer, type ReplayServer } from './replay-server.ts'

/** A page: what it holds ends with it, except for what it has kept. */
interface Page {
  readonly sync: RoomSync
  readonly outbox: Outbox
  readonly streams: Streams
}

function failed(error: unknown): never {
  throw error
}

function openPage(server: ReplayServer, { roomId, viewerId }: Recording, tables: PersistedTables): Page {
  const streams = createStreams({ url: '', source: () => server.source, renew: async () => null })
  const outbox = createOutbox({
    ...{ tabId: 'tab', tables, isTabAlive: async () => false },
    perform: (record) => server.store(record.nonce),
    answered: (_, message) => sync.isOpen && message !== null && !sync.data.numbers.has(message.id),
    changed: () => sync.view.change(),
    failedToKeep: failed,
  })
  const sync: RoomSync = createRoomSync(
    roomId,
    {
      ...{ viewerId, ask: server.ask, follow: streams.follow, outbox, tables, keeper: roomKeeper, verify: 'never' },
      ...{ absoluteUrl: (path: string) => path, isMember: () => true, onError: failed },
      ...{ onDivergence() {}, statusChanged() {}, roomChanged() {}, wasRead() {}, wasMarkedUnread() {}, place() {} },
    },
    { synced() {}, received() {}, left() {} },
  )
  sync.open()
  void outbox.takeOver()
  return { sync, outbox, streams }
}

const movesWanted = 30
/** Moves with their weights. */
const moves = {
  ...{ go: 12, cut: 3, hold: 2, release: 3, reload: 1, kill: 2, rewind: 1, jump: 2 },
} as const
const names = Object.entries(moves).flatMap(([name, weight]) => Array.from({ length: weight }, () => name))

/** Shows a room as a page does; what the list of rooms tells is not played here. */
function visible(of: Record<string, unknown>): Record<string, unknown> {
  const { membership, ...more } = of
  const { role = null, mutedUntil = null } = (membership ?? {}) as Record<string, unknown>
  return { ...more, membership: { role, mutedUntil } }
}

/** Plays the sequence of a seed over a recording. Throws with the story where something else is shown than there is. */
export async function replay(recording: Recording, seed: number): Promise<void> {
  const random = createRandom(seed)
  const clock = createVirtualClock()
  const server = createReplayServer(recording, { clock, random })
  const { frames } = recording
  const story: string[] = []
  const sent = new Set<string>()
  const undo = useClock(clock, random)
  try {
    const tables = await memoryPersistence().open('scope')
    server.moveTo(random.below(frames.length / 2))
    let page = openPage(server, recording, tables)
    const close = () => {
      page.sync.close()
      page.outbox.close()
      server.cut()
    }

    /** Lets the history go on, to the next message of the viewer at most: that is stored when it is sent. */
    const go = (count: number) => {
      for (let left = count; left > 0; left--) {
        const { own } = frames[server.place + 1] ?? {}
        if (own && !sent.has(own)) {
          sent.add(own)
          const change = { kind: 'send', body: own, replyToId: null, attachmentIds: [], files: [] } as const
          void page.outbox.add(recording.roomId, change, own).catch(() => {})
        }
        // what was stored and lost with the database comes again; what is on its way is waited for
        if (own && page.outbox.of(recording.roomId).some(({ nonce, state }) => nonce === own && state === 'waiting'))
          return
        server.moveTo(server.place + 1)
      }
    }
    const make: Record<keyof typeof moves, () => unknown> = {
      go: () => go(1 + random.below(3)),
      ...{ cut: server.cut, hold: server.hold, release: server.release },
      async reload() {
        await page.sync.flush()
        make.kill()
      },
      kill() {
        close()
        page = openPage(server, recording, tables)
      },
      rewind: () => server.rewind(1 + random.below(5)),
      jump() {
        const { data } = page.sync
        const from = 1 + random.below(30)
        if (data.cursor !== null) void fillGaps(server.ask, data, [from, from + 4]).then(page.sync.changed, () => {})
      },
    }
    for (let at = 0, left = movesWanted; left > 0; left--) {
      at += random.below(random.chance(0.2) ? 600 : 60)
      const name = random.pick(names) as keyof typeof moves
      clock.after(at, () => {
        story.push(`${Math.round(clock.now())} ${name} ${server.place}`)
        void make[name]()
      })
    }
    await clock.runOut(() => random.below(12))
    server.release()
    const goOn = () => {
      if (server.place === frames.length - 1) return
      go(1)
      clock.after(random.below(100), goOn)
    }
    goOn()
    await clock.runOut(() => random.below(12))
    server.calm()
    page.sync.interrupted()
    await clock.runOut(() => 0)
    const room = { id: recording.roomId, getSnapshot: page.sync.view.getSnapshot } as Room
    const is = visible(shown(room))
    assert.deepEqual(is, visible(await fresh({ query: server.ask } as unknown as Kabar, room)))
    const { data } = page.sync
    await fillGaps(server.ask, data, [1, Number.MAX_SAFE_INTEGER])
    undo()
    const count = data.room?.messageCount ?? 0
    assert.equal(await digestOf(data, [1, count]), recording.digest)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    throw new Error(`REPLAY_SEED=${seed}: ${told}\n\n${story.join('\n')}`, { cause: error })
  } finally {
    undo()
  }
}

/** Lets this thread go by a virtual clock. No other task runs meanwhile. */
function useClock(clock: VirtualClock, random: Random): () => void {
  const { setTimeout, clearTimeout } = globalThis
  const { now } = Date
  const { random: chance } = Math
  const start = now()
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, ms = 0) => ({ cancel: clock.after(ms, callback) }),
    clearTimeout: (timer?: { cancel(): void }) => timer?.cancel(),
  })
  Date.now = () => start + clock.now()
  Math.random = () => random.below(1_000) / 1_000
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout })
    Date.now = now
    Math.random = chance
  }
}
