// The states that a page shows before anything is read, without the code that makes the others.

import type { AccountState, PeopleState, RoomsState } from '../api/lists.ts'
import type { RoomState } from '../api/room.ts'
import { permissionsOf } from './permissions.ts'

/** The list of rooms before it is read. */
export const emptyRooms: RoomsState = {
  ...{ isLoaded: false, error: null, rooms: [], hasMore: false, unreadCount: 0, mentionCount: 0 },
}

/** The account before it is read. */
export const emptyAccount: AccountState = {
  ...{ user: null, email: null, phone: null, hasPassword: false, sessionId: null, directMessagePolicy: 'EVERYONE' },
  ...{ showsReceipts: true, showsPresence: true, showsLastSeen: true, sessions: [], dataExport: null },
}

/** The people before they are read. */
export const emptyPeople: PeopleState = {
  ...{ isLoaded: false, error: null, friends: [], incoming: [], outgoing: [], blocked: [], invitations: [] },
  presence: new Map(),
}

/** Returns the state of a room before it is read. */
export function emptyRoom(id: string): RoomState {
  return {
    ...{ id, status: 'loading', error: null, isLive: false, room: null, title: '', membership: null },
    ...{ can: permissionsOf(undefined), messageCount: 0, readNumber: 0, firstUnreadNumber: null },
    ...{ messages: [], pending: [], hasOlder: false, isLoadingOlder: false, hasNewer: false, isLoadingNewer: false },
    ...{ at: () => undefined, held: [] },
    ...{ pinned: [], members: [], hasMoreMembers: false, typing: [], presence: new Map() },
  }
}
