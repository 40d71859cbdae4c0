// The rooms that pages hold: the same object for an id as long as anybody has it, over the accounts that come and go.

import type { Live } from './api/live.ts'
import type { Room, RoomState } from './api/room.ts'
import { createFacade, type Facade } from './facade.ts'
import { emptyRoom } from './store/empty-states.ts'

/** The rooms that pages hold, by id. */
export interface RoomFacades {
  of(id: string): Room
  /** Follows the rooms of an account; none where nobody is signed in. */
  point(to: ((id: string) => Live<RoomState>) | null): void
  /** How many are remembered: those that nobody has and nobody listens to are forgotten in time. */
  readonly size: number
}

/** As many are remembered before those that nobody has are looked for. */
const sweepMin = 50

/** Makes the rooms that pages hold. */
export function createRoomFacades(make: (id: string, live: Live<RoomState>) => Room): RoomFacades {
  const known = new Map<string, { readonly facade: Facade<RoomState>; room: WeakRef<Room> }>()
  let target: ((id: string) => Live<RoomState>) | null = null
  let sweepAt = sweepMin

  function sweep(): void {
    if (known.size < sweepAt) return
    for (const [id, { facade, room }] of known) if (!facade.hasListeners && !room.deref()) known.delete(id)
    sweepAt = Math.max(sweepMin, 2 * known.size)
  }

  return {
    of(id) {
      const before = known.get(id)
      const had = before?.room.deref()
      if (had) return had
      const facade = before?.facade ?? createFacade<RoomState>(emptyRoom(id))
      const room = make(id, facade)
      if (before) before.room = new WeakRef(room)
      else {
        sweep()
        known.set(id, { facade, room: new WeakRef(room) })
        if (target) facade.point(target(id))
      }
      return room
    },
    point(to) {
      target = to
      for (const [id, { facade }] of known) facade.point(to?.(id) ?? null)
    },
    get size() {
      return known.size
    },
  }
}
