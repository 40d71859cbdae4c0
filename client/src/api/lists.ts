import type { KabarError } from '../errors.ts'
import type { SearchMessagesFilter } from '../generated/operations.ts'
import type {
  DataExport,
  DeviceSession,
  Friendship,
  RoomInvitation,
  RoomSummary,
  StoredMessage,
  User,
} from './entities.ts'
import type { Live } from './live.ts'

/** The rooms of the viewer. */
export interface RoomsState {
  /** False until the first page is read. */
  readonly isLoaded: boolean
  readonly error: KabarError | null
  /** Pinned rooms first, then the others; the most recently active first. */
  readonly rooms: readonly RoomListItem[]
  readonly hasMore: boolean
  /** Messages that are not read, over all rooms. */
  readonly unreadCount: number
  /** Mentions that are not read, over the rooms that are held. */
  readonly mentionCount: number
}

/** A room of the list. */
export interface RoomListItem {
  readonly id: string
  /** Its name; in a direct room that of the other member. */
  readonly title: string
  readonly unreadCount: number
  readonly mentionCount: number
  readonly room: RoomSummary['room']
  readonly membership: RoomSummary
  /** The other member of a direct room. */
  readonly other: User | null
}

/** The rooms of the viewer, kept up to date by the events of the viewer. */
export interface Rooms extends Live<RoomsState> {
  loadMore(): Promise<void>
  /** Pins a room to the top of the list. Others do not see it. */
  pin(roomId: string): Promise<void>
  unpin(roomId: string): Promise<void>
  /** Takes a direct room out of the list until its next message. The viewer stays a member. */
  hide(roomId: string): Promise<void>
  /** Chooses which messages of a room the viewer is told of. What is not given stays. */
  setNotifications(roomId: string, choice: NotificationChoice): Promise<void>
}

/** Which messages of a room the viewer is told of. */
export interface NotificationChoice {
  readonly level?: RoomSummary['notifications']
  /** True when replies to messages of the viewer count as mentions. */
  readonly mentionedByReplies?: boolean
}

/** The viewer's own account. Null until it is read. */
export interface AccountState {
  readonly user: User | null
  readonly email: string | null
  readonly phone: string | null
  readonly hasPassword: boolean
  readonly directMessagePolicy: 'EVERYONE' | 'FRIENDS' | 'SHARED_ROOMS'
  /** True when others see receipts, the presence and the last-seen time of the viewer. A viewer who hides theirs does not see those of others. */
  readonly showsReceipts: boolean
  readonly showsPresence: boolean
  readonly showsLastSeen: boolean
  readonly sessionId: string | null
  readonly sessions: readonly DeviceSession[]
  readonly dataExport: DataExport | null
}

/** Friends, requests, blocked users and invitations. They are read when somebody listens first. */
export interface PeopleState {
  readonly isLoaded: boolean
  readonly error: KabarError | null
  readonly friends: readonly User[]
  readonly incoming: readonly Friendship[]
  readonly outgoing: readonly Friendship[]
  readonly blocked: readonly User[]
  /** Pending invitations into rooms, the newest first. */
  readonly invitations: readonly RoomInvitation[]
  readonly presence: ReadonlyMap<string, 'ONLINE' | 'AWAY' | 'OFFLINE'>
}

/** Limits a search; all given conditions must hold. Its dates are ISO 8601. */
export type SearchFilter = SearchMessagesFilter

/** A search over messages. */
export interface SearchState {
  readonly query: string
  readonly isLoading: boolean
  readonly error: KabarError | null
  readonly results: readonly SearchResult[]
  readonly hasMore: boolean
}

/** A page of messages, with where the next one begins. */
export interface FoundMessages {
  readonly results: readonly SearchResult[]
  readonly endCursor: string | null
  readonly hasMore: boolean
}

/** A message that was found or saved, with the room that it is in. */
export type SearchResult = StoredMessage & {
  readonly room: { readonly id: string; readonly name: string | null; readonly kind: 'DIRECT' | 'GROUP' }
}

/** A message that mentions the viewer, as it was told. */
export interface Mention {
  readonly roomId: string
  readonly message: Omit<StoredMessage, 'reactions' | 'isSaved'>
}
