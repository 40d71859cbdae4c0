import type { KabarError } from '../errors.ts'
import type { Member, RoomFields, RoomPermissions, StoredMessage, User, ViewerMembership } from './entities.ts'
import type { Live } from './live.ts'
import type { Draft, Message } from './message.ts'

/** A room and what is held of it. */
export interface RoomState {
  readonly id: string
  /** `gone`: the viewer is not a member, or it does not exist any more: see `error`. */
  readonly status: 'loading' | 'ready' | 'gone' | 'failed'
  readonly error: KabarError | null
  /** True if what is held is up to date, as far as anybody can know. */
  readonly isLive: boolean
  /** Null until it is read. */
  readonly room: RoomFields | null
  /** Its name; in a direct room that of the other member. Empty until it is read. */
  readonly title: string
  readonly membership: ViewerMembership | null
  readonly can: RoomPermissions
  /** How many messages there are: the number of the newest one. */
  readonly messageCount: number
  /** The number up to which the viewer has read; lower where they have marked messages as unread. */
  readonly readNumber: number
  /** The number of the first message that the viewer has not read; null when all are read. */
  readonly firstUnreadNumber: number | null
  /** The unbroken run of messages around where one reads: first that of the newest one, with those on their way after it. */
  readonly messages: readonly Message[]
  /** Messages on their way, oldest first. They are at the end of `messages` too, unless `hasNewer`. */
  readonly pending: readonly Message[]
  /** True if there are messages before the first of `messages`. */
  readonly hasOlder: boolean
  readonly isLoadingOlder: boolean
  /** True if there are messages after the last of `messages`, because one reads further back: see `showNewest`. */
  readonly hasNewer: boolean
  readonly isLoadingNewer: boolean
  /** The message with a number, from 1; undefined where it is not held: then `load` it. */
  at(number: number): Message | undefined
  /** The stretches of numbers that are held, in order, both ends included. */
  readonly held: readonly (readonly [from: number, to: number])[]
  /** Pinned messages, the newest pin first. */
  readonly pinned: readonly Message[]
  /** Members that are held, in the order in which they joined. */
  readonly members: readonly Member[]
  readonly hasMoreMembers: boolean
  /** Users who are typing now, without the viewer. */
  readonly typing: readonly Pick<User, 'id' | 'displayName'>[]
  /** Presence of members by their ids, as far as it was told. */
  readonly presence: ReadonlyMap<string, 'ONLINE' | 'AWAY' | 'OFFLINE'>
}

/** Actions in a room. Those that return a promise throw a KabarError. */
export interface RoomActions {
  /** Sends a message. Resolves when the store shows it as stored; a refusal is thrown and stays in the list. */
  send(draft: Draft): Promise<StoredMessage>
  edit(messageId: string, body: string): Promise<void>
  remove(messageId: string): Promise<void>
  react(messageId: string, emoji: string): Promise<void>
  unreact(messageId: string, emoji: string): Promise<void>
  pin(messageId: string): Promise<void>
  unpin(messageId: string): Promise<void>
  /** Saves a message for the viewer alone. The messages that are saved: `savedMessages` of the client. */
  save(messageId: string): Promise<void>
  unsave(messageId: string): Promise<void>
  /** Deletes all messages of the viewer in this room, also after they have left it. Gives how many. */
  removeOwn(): Promise<number>
  /** Says that the viewer has read up to a number; up to the newest message when none is given. */
  markRead(number?: number): Promise<void>
  /** Marks the messages from a number on as unread, until the viewer reads beyond it. The others see no difference. */
  markUnread(number: number): Promise<void>
  /** Tells the others that the viewer types, at most every 3 seconds. */
  keystroke(): void
  /** Loads the messages before the first of `messages`. */
  loadOlder(): Promise<void>
  /** Loads the messages after the last of `messages`, where it `hasNewer`. */
  loadNewer(): Promise<void>
  /** Shows the newest messages again, as `send` and `markRead` of the newest one do. */
  showNewest(): Promise<void>
  /** Loads what is missing of a stretch of numbers, at most 100 of them around its middle. `messages` is the run there then. */
  load(from: number, to: number): Promise<void>
  loadMoreMembers(): Promise<void>
  /**
   * Compares what is held with the server, while it is followed and up to date.
   *
   * Resolves with true if it was compared and is equal, up to the newest event. What differs, or is behind, is read again.
   */
  verify(): Promise<boolean>
}

/** A room: what is held of it, and what one does in it. It is followed while somebody listens. */
export interface Room extends Live<RoomState>, RoomActions {
  readonly id: string
}
