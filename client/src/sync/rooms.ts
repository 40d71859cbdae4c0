// The rooms that are held: followed while somebody listens and a little longer, the least recently used forgotten first.

import type { Room } from '../api/room.ts'
import { bounds } from '../config.ts'
import { createDelivery } from './delivery.ts'
import type { SyncParts } from './parts.ts'
import { createRoomActions } from './room-actions.ts'
import { createRoomSync, type RoomSync } from './room-sync.ts'
import type { RoomEvent } from '../store/room-events.ts'

/** The rooms of one account. */
export interface RoomsSync {
  /** The room of an id: the same each time while it is held. */
  of(id: string): { readonly sync: RoomSync; readonly room: Room }
  readonly open: readonly RoomSync[]
  /** Goes on with the rooms that somebody listens to. */
  resume(): void
  resyncAll(): void
  flush(): Promise<unknown>
  close(): void
}

interface Held {
  readonly sync: RoomSync
  readonly room: Room
  usedAt: number
  linger: ReturnType<typeof setTimeout> | undefined
}

/** Whether a reconnect is one of those that are verified. */
function isVerified(verify: SyncParts['verify'], isFirst: boolean): boolean {
  if (verify === 'always') return true
  return verify === 'sometimes' && !isFirst && Math.random() * bounds.verifyEvery < 1
}

/** The events that change what the list shows of a room. */
const tellsRoom: ReadonlySet<RoomEvent['__typename']> = new Set([
  'MessageSent',
  'RoomUpdated',
  'MemberJoined',
  'MemberLeft',
  'MemberUpdated',
])

/** Makes the rooms of an account. */
export function createRooms(parts: SyncParts): RoomsSync {
  const rooms = new Map<string, Held>()

  function hold(id: string): Held {
    const delivery = createDelivery(id, parts)
    const sync = createRoomSync(id, parts, {
      synced(isFirst) {
        tellList()
        delivery.reached(sync.data)
        if (isVerified(parts.verify, isFirst)) actions.verify().catch(() => {})
      },
      left() {
        // who has come back meanwhile may have been told of that by the other stream before
        setTimeout(() => {
          if (sync.view.listenerCount > 0 && parts.isMember(id)) sync.open()
        }, bounds.refreshMs)
      },
      received({ __typename }) {
        if (sync.isLive) delivery.reached(sync.data)
        if (tellsRoom.has(__typename)) tellList()
      },
    })
    function tellList(): void {
      const { room, messages } = sync.data
      if (room) parts.roomChanged(room, messages.get(room.messageCount))
    }

    const actions = createRoomActions(id, sync, parts)
    const held: Held = { sync, usedAt: Date.now(), linger: undefined, room: { id, ...actions, ...follow() } }

    function follow(): Pick<Room, 'getSnapshot' | 'subscribe'> {
      return {
        getSnapshot: sync.view.getSnapshot,
        subscribe(listener) {
          const stop = sync.view.subscribe(listener)
          clearTimeout(held.linger)
          held.usedAt = Date.now()
          sync.open()
          forgetOldest()
          return () => {
            stop()
            if (sync.view.listenerCount === 0) held.linger = setTimeout(sync.pause, bounds.lingerMs)
          }
        },
      }
    }
    return held
  }

  /** Forgets rooms that nobody listens to, when there are too many. */
  function forgetOldest(): void {
    const unused = [...rooms].filter(([, { sync }]) => sync.view.listenerCount === 0)
    unused.sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [id, { sync, linger }] of unused.slice(0, Math.max(0, rooms.size - bounds.roomsMax))) {
      clearTimeout(linger)
      sync.pause()
      sync.close()
      rooms.delete(id)
    }
  }

  return {
    of(id) {
      let held = rooms.get(id)
      if (!held) {
        held = hold(id)
        rooms.set(id, held)
        forgetOldest()
      }
      return held
    },
    get open() {
      return [...rooms.values()].flatMap(({ sync }) => (sync.isOpen ? [sync] : []))
    },
    resume() {
      for (const { sync } of rooms.values()) if (sync.view.listenerCount > 0) sync.open()
    },
    resyncAll() {
      for (const { sync } of rooms.values()) {
        if (sync.isOpen) void sync.resync()
        // what is not followed is read anew when it is
        else sync.data.cursor = null
      }
    },
    flush: () => Promise.all([...rooms.values()].map(({ sync }) => sync.flush())),
    close() {
      for (const { sync, linger } of rooms.values()) {
        clearTimeout(linger)
        sync.close()
      }
    },
  }
}
