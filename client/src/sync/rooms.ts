// The rooms that are held: followed while somebody listens and a little longer, the least recently used forgotten first.

import type { RoomSummary } from '../api/entities.ts'
import type { Live } from '../api/live.ts'
import type { Room, RoomState } from '../api/room.ts'
import { bounds } from '../config.ts'
import { withListed } from '../store/listed.ts'
import type { RoomEvent } from '../store/room-events.ts'
import { createDelivery } from './delivery.ts'
import type { SyncParts } from './parts.ts'
import { createRoomActions } from './room-actions.ts'
import { createRoomSync, type RoomSync } from './room-sync.ts'

/** The rooms of one account. */
export interface RoomsSync {
  /** The room of an id: the same each time while it is held. */
  of(id: string): { readonly sync: RoomSync; readonly room: Room }
  /** Follows what a room shows. It may be forgotten and made anew between two listeners. */
  live(id: string): Live<RoomState>
  readonly open: readonly RoomSync[]
  /** Goes on with the rooms that somebody listens to. */
  resume(): void
  /** The list of rooms was read, or has a room more: those that were gone may be there again. */
  revive(): void
  /** Tells the list what is known of a room that is up to date; of all such rooms when none is given. */
  tellList(roomId?: string): void
  /** Takes what the list tells of the viewer in a room that is held. */
  tellMembership(roomId: string, told: Partial<RoomSummary>): void
  resyncAll(): void
  flush(): Promise<unknown>
  close(): void
}

interface Held {
  readonly sync: RoomSync
  /** Ends it, and all that waits. */
  close(): void
  tellList(): void
  revive(): void
  readonly room: Room
  usedAt: number
  linger: ReturnType<typeof setTimeout> | undefined
}

/** Tells whether a reconnect is one of those that are verified. */
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
    let returns = 0
    const sync = createRoomSync(id, parts, {
      synced(isFirst) {
        returns = 0
        tellList()
        delivery.reached(sync.data)
        if (isVerified(parts.verify, isFirst)) actions.verify().catch(() => {})
      },
      left: revive,
      received({ __typename }) {
        if (sync.isLive) delivery.reached(sync.data)
        // fewer messages are missing: `behind` of the connection has changed
        else parts.statusChanged()
        if (tellsRoom.has(__typename)) tellList()
      },
    })
    let isClosed = false
    let reviving: ReturnType<typeof setTimeout> | undefined

    /** Opens a room that was left again, if the list still has it: the user may have rejoined meanwhile. */
    function revive(): void {
      // the list comes over another stream, and may not have lost the room yet: wait longer each time
      returns += 1
      if (reviving !== undefined || isClosed) return
      reviving = setTimeout(
        () => {
          reviving = undefined
          if (sync.view.listenerCount > 0 && sync.status === 'gone' && parts.isMember(id)) sync.open()
        },
        Math.min(bounds.retryMaxMs, bounds.refreshMs * 2 ** returns),
      )
    }

    function tellList(): void {
      const { room, messages } = sync.data
      if (room) parts.roomChanged(room, messages)
    }

    const actions = createRoomActions(id, sync, parts)
    const held: Held = {
      sync,
      close() {
        isClosed = true
        clearTimeout(held.linger)
        clearTimeout(reviving)
        delivery.close()
        sync.close()
      },
      revive,
      tellList,
      usedAt: Date.now(),
      linger: undefined,
      room: { id, ...actions, ...follow() },
    }

    function follow(): Pick<Room, 'getSnapshot' | 'subscribe'> {
      return {
        getSnapshot: sync.view.getSnapshot,
        subscribe(listener) {
          // opened anew, it shows the newest messages
          if (sync.view.listenerCount === 0) sync.focus.move(Number.POSITIVE_INFINITY)
          const stop = sync.view.subscribe(listener)
          clearTimeout(held.linger)
          held.usedAt = Date.now()
          sync.open()
          forgetOldest(id)
          return () => {
            stop()
            if (sync.view.listenerCount > 0 || isClosed) return
            held.linger = setTimeout(() => {
              sync.pause()
              forgetOldest()
            }, bounds.lingerMs)
          }
        },
      }
    }
    return held
  }

  /** Forgets rooms that nobody listens to, when there are too many; not the one that is being used. */
  function forgetOldest(used?: string): void {
    const unused = [...rooms].filter(([id, { sync }]) => id !== used && sync.view.listenerCount === 0)
    unused.sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [id, { sync, close }] of unused.slice(0, Math.max(0, rooms.size - bounds.roomsMax))) {
      sync.pause()
      close()
      rooms.delete(id)
    }
  }

  function of(id: string): Held {
    let held = rooms.get(id)
    if (!held) {
      held = hold(id)
      rooms.set(id, held)
      forgetOldest(id)
    }
    return held
  }

  return {
    of,
    live: (id) => ({
      getSnapshot: () => of(id).room.getSnapshot(),
      subscribe: (listener) => of(id).room.subscribe(listener),
    }),
    get open() {
      return [...rooms.values()].flatMap(({ sync }) => (sync.isOpen ? [sync] : []))
    },
    resume() {
      for (const { sync } of rooms.values()) if (sync.view.listenerCount > 0) sync.open()
    },
    revive() {
      for (const { sync, revive } of rooms.values()) if (sync.status === 'gone') revive()
    },
    tellList(roomId) {
      for (const [id, { sync, tellList }] of rooms) if (sync.isLive && (roomId ?? id) === id) tellList()
    },
    tellMembership(roomId, told) {
      const sync = rooms.get(roomId)?.sync
      const viewer = sync?.data.viewer
      if (!sync || !viewer?.viewerMembership) return
      const viewerMembership = withListed(viewer.viewerMembership, told)
      if (viewerMembership === viewer.viewerMembership) return
      sync.data.viewer = { ...viewer, viewerMembership }
      sync.changed()
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
      for (const { close } of rooms.values()) close()
    },
  }
}
