import type { Rooms } from '../api/lists.ts'
import type { PlaceFieldsFragment } from '../generated/operations.ts'
import type { Operation } from '../operations/define.ts'
import { hideRoomMutation, pinRoomMutation, setNotificationsMutation, unpinRoomMutation } from '../operations/lists.ts'
import type { SyncParts } from './parts.ts'
import type { ViewerSync } from './viewer-sync.ts'

/** The actions on rooms of the list. */
export type ListActions = Pick<Rooms, 'pin' | 'unpin' | 'hide' | 'setNotifications'>

/** Creates the actions on rooms of the list. A change is shown at once, and read again when it is refused. */
export function createListActions({ ask, place }: SyncParts, viewer: ViewerSync): ListActions {
  async function change<Input>(
    roomId: string,
    now: Partial<PlaceFieldsFragment>,
    { operation, input }: { operation: Operation<Answer, { input: Input }>; input: Input },
  ): Promise<void> {
    place(roomId, now)
    try {
      const { result } = await ask(operation, { input })
      place(roomId, result.membership)
    } catch (error) {
      viewer.reread()
      throw error
    }
  }

  return {
    pin: (roomId) =>
      change(roomId, { pinnedAt: new Date().toISOString() }, { operation: pinRoomMutation, input: { roomId } }),
    unpin: (roomId) => change(roomId, { pinnedAt: null }, { operation: unpinRoomMutation, input: { roomId } }),
    hide: (roomId) => change(roomId, { isHidden: true }, { operation: hideRoomMutation, input: { roomId } }),
    setNotifications(roomId, { level, mentionedByReplies }) {
      const notifications = level ?? viewer.data.rooms.get(roomId)?.notifications ?? 'ALL'
      const more = mentionedByReplies !== undefined && { mentionedByReplies }
      const input = { roomId, level: notifications, ...more }
      return change(roomId, { notifications, ...more }, { operation: setNotificationsMutation, input })
    },
  }
}

interface Answer {
  readonly result: { readonly membership: PlaceFieldsFragment }
}
