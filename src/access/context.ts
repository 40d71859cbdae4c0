import type { Logger } from 'pino'
import type { Loader } from '../concurrency/loader.ts'
import type { Config } from '../config/config.ts'
import type { Database, Transaction } from '../database/client.ts'
import type { AppError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Member } from '../generated/prisma/client.ts'
import type { AskedFacts, RoomFacts } from './facts.ts'
import type { Rates } from './rates.ts'

/** Who asks: a user in one of their sessions. */
export interface Viewer {
  readonly userId: string
  readonly sessionId: string
  /** Milliseconds since 1970 at which the access token ends. */
  readonly tokenExpiresAt: number
}

/** What of sign-in other parts of the server use. */
export interface Sessions {
  /** Signs an access token for a session. */
  sign(session: { userId: string; sessionId: string }): Promise<{ token: string; expiresAt: Date }>
  /**
   * Calls back once when the session has ended (SESSION_EXPIRED) or its access token has run out (UNAUTHENTICATED), on
   * whatever server that happened, within 5 seconds.
   *
   * @returns a function that stops watching.
   */
  watch(viewer: Viewer, callback: (error: AppError) => void): () => void
}

/** What a URL of a file is for. To put its bytes, or to get it, its thumbnail, or an export of a user's data. */
export type MediaUse = 'upload' | 'file' | 'thumbnail' | 'export'

/** A signed URL. Whoever has it may use it until it expires. */
export interface MediaLink {
  readonly url: string
  readonly expiresAt: Date
}

/** What of uploaded files the features use. */
export interface MediaAccess {
  /**
   * Signs the URL of a media or an export, for those alone who may see it.
   *
   * It does not depend on who asks, and stays the same for an hour.
   */
  linkTo(use: MediaUse, id: string): MediaLink
  /**
   * Makes an uploaded image, or nothing, the avatar of its owner, whose topic the caller has locked.
   *
   * @returns the keys of files to remove once this is committed.
   * @throws AppError BAD_USER_INPUT when it is not an image of the user that nothing uses.
   */
  chooseAvatar(tx: Transaction, choice: { userId: string; mediaId: string | null }): Promise<string[]>
  /** Deletes the files of rows that are gone. What fails is logged, and left to the sweep. */
  removeFiles(storageKeys: readonly string[]): Promise<void>
}

/** How far a member has come in a room. */
export interface Mark {
  readonly roomId: string
  readonly userId: string
  /** The number of the newest message that has reached them. */
  readonly number: number
  /** Whether they have read it too. */
  readonly isRead: boolean
}

/** What a mark came to. */
export interface Marked {
  /** The member as it is now. */
  readonly member: Member
  /** The number of the newest message of the room: a mark beyond it changes nothing. */
  readonly lastNumber: number
  /** Whether this mark, or one of the member that was set together with it, moved anything. */
  readonly hasMoved: boolean
}

/** How far a message has come: what every other member of its room has reached. */
export type Reach = 'SENT' | 'DELIVERED' | 'READ'

/** What members have read and received. */
export interface Receipts {
  /** Moves a member's marks forward. Null when there is no such member. */
  mark(mark: Mark): Promise<Marked | null>
  /** Says how far messages have come, in their order. */
  reachOf(messages: readonly { roomId: string; number: number }[]): Promise<Reach[]>
}

/** Who is here, for one server: what of presence other parts of the server use. It never makes anybody wait. */
export interface PresenceTracker {
  /** Counts a socket or stream of a user, who is here until the returned function is called. */
  enter(userId: string): () => void
  /** The same for a stream of a room: the user visits the room for so long. */
  enterRoom(visit: { roomId: string; userId: string }): () => void
  /** Tells the viewer's streams of this server which rooms got messages, until the returned function is called. */
  followRooms(userId: string): () => void
  /** Notes that a user has done something. */
  touch(userId: string): void
  /** Tells the rooms and friends of a user that their profile has changed. It may be lost. */
  tellProfile(userId: string): void
  /** Resolves when what was noted before stands in the database. */
  settle(): Promise<void>
  /** Counts the members of a room who are here. Up to some seconds old. */
  countOnline(roomId: string): Promise<number>
}

/** Whom a viewer is not to hear, kept up to date for as long as it is held. */
export interface BlockView {
  /** Whom the viewer has blocked. */
  readonly blockedIds: ReadonlySet<string>
  /** Whom the viewer has blocked or is blocked by. The second is late by some seconds: nobody is told of it. */
  readonly shunnedIds: ReadonlySet<string>
  /** Resolves when a change that was heard of has been read; null when none is being read. */
  settling(): Promise<void> | null
}

/** Knows the blocks of those who have streams open at this server. */
export interface BlockWatch {
  viewOf(viewerId: string): Promise<BlockView>
}

/** What every service function gets: the server's parts and who asks. */
export interface ServiceContext extends Pick<Database, 'db' | 'sql' | 'clock'> {
  readonly config: Config
  readonly feed: Feed
  readonly log: Logger
  readonly sessions: Sessions
  readonly media: MediaAccess
  readonly blocks: BlockWatch
  readonly rates: Rates
  /** The network address that the operation comes from; null when it comes from within. */
  readonly address: string | null
  readonly receipts: Receipts
  readonly presenceTracker: PresenceTracker
  /** Reads facts together with other operations, and remembers nothing. */
  readFacts(asked: AskedFacts): Promise<RoomFacts | null>
  /** What this operation has read about the viewer and rooms: one snapshot for all that it answers of a room. */
  readonly roomFacts: Pick<Loader<RoomFacts | null>, 'load' | 'prime'>
  /** Why there is no viewer although a token was sent; null when none was sent, or when it is good. */
  readonly viewerError: AppError | null
  /** Forgets what this operation has read, so that what follows is fresh. */
  forget(): void
  /** Null when signed out. Reading it in a shared execution throws ViewerAsked. */
  readonly viewer: Viewer | null
}
