// The context of service functions, and the parts of the server that it names. A part stands here, and not with the
// feature that makes it, because features below that one use it: sign-in tells presence of a changed profile, for example.
// Imports only go down, so that auth/ cannot import presence/.

import type { Logger } from 'pino'
import type { Refusals } from '../audit/refusals.ts'
import type { Loader } from '../concurrency/loader.ts'
import type { Config } from '../config/config.ts'
import type { BatchedRead } from '../database/batched-read.ts'
import type { Database, Transaction } from '../database/client.ts'
import type { Replica } from '../database/read-replica.ts'
import type { AppError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Member } from '../generated/prisma/client.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { FactsRequest, RoomFacts } from './facts.ts'
import type { Rates } from './rates.ts'

/** The caller: a user in one of their sessions. */
export interface Viewer {
  readonly userId: string
  readonly sessionId: string
  /** When the access token expires, in milliseconds since 1970. */
  readonly tokenExpiresAt: number
}

/** The parts of sign-in that other features use. */
export interface Sessions {
  /** Signs an access token for a session. */
  sign(session: { userId: string; sessionId: string }): Promise<{ token: string; expiresAt: Date }>
  /**
   * Calls back once when the session has ended (SESSION_EXPIRED) or its access token has expired (UNAUTHENTICATED),
   * within 5 seconds, whichever server ended it.
   *
   * @returns a function that stops watching.
   */
  watch(viewer: Viewer, callback: (error: AppError) => void): () => void
}

/** The purpose of a URL: upload or download a file, a thumbnail or an export. */
export type MediaUse = 'upload' | 'file' | 'thumbnail' | 'export'

/** A signed URL. Everybody who has it can use it until it expires. */
export interface MediaLink {
  readonly url: string
  readonly expiresAt: Date
}

/** The parts of media that other features use. */
export interface MediaAccess {
  /**
   * Signs the URL of a media or an export. Call it only for viewers who may see it.
   *
   * The URL does not depend on the viewer, and stays the same for an hour.
   */
  linkTo(use: MediaUse, id: string): MediaLink
  /**
   * Sets or removes the avatar of a user, whose topic the caller has locked.
   *
   * @returns the keys of the files to remove after COMMIT.
   * @throws AppError BAD_USER_INPUT when the media is not an unused image of the user.
   */
  chooseAvatar(tx: Transaction, choice: { userId: string; mediaId: string | null }): Promise<string[]>
  /** Deletes the files of deleted rows. Failures are logged, and left to the sweep. */
  removeFiles(storageKeys: readonly string[]): Promise<void>
}

/** A receipt: how far a member has received or read a room. */
export interface Mark {
  readonly roomId: string
  readonly userId: string
  /** The number of the newest message that was delivered to them. */
  readonly number: number
  /** True if they have read it too. */
  readonly isRead: boolean
}

/** The result of a mark. */
export interface Marked {
  /** The member as it is now. */
  readonly member: Member
  /** The number of the newest message of the room. A mark beyond it changes nothing. */
  readonly lastNumber: number
  /** True if this mark, or another one of the member in the same batch, moved a receipt. */
  readonly hasMoved: boolean
  /** True when others see the receipts of the member. */
  readonly showsReceipts: boolean
}

/** The delivery state of a message: reached by each of its recipients. */
export type Reach = 'SENT' | 'DELIVERED' | 'READ'

/** Records and reads the receipts of members. */
export interface Receipts {
  /** Moves a member's marks forward. Null when there is no such member. */
  mark(mark: Mark): Promise<Marked | null>
  /** Reads the delivery states of messages, in their order. A state is that of all recipients, or SENT without any. */
  reachOf(
    messages: readonly { roomId: string; number: number; authorId: string | null; sentAt: Date }[],
  ): Promise<Reach[]>
}

/** Tracks the presence of one server's users. It never blocks its callers. */
export interface PresenceTracker {
  /** Counts a socket or stream of a user, who is online until the returned function is called. */
  enter(userId: string): () => void
  /** Counts a stream of a room: the user visits the room until the returned function is called. */
  enterRoom(visit: { roomId: string; userId: string }): () => void
  /** Sends room activity to the user's streams of this server, until the returned function is called. */
  followRooms(userId: string): () => void
  /** Records that a user was active. */
  touch(userId: string): void
  /** Sends a hint to the rooms and friends of a user that their profile, or who sees their presence, has changed. It may be lost. */
  tellUser(userId: string, about: 'privacy' | 'profile'): void
  /** Resolves when everything recorded before is in the database. */
  settle(): Promise<void>
  /** Counts the online members of a room. Up to some seconds old. */
  countOnline(roomId: string): Promise<number>
}

/** The users who are typing in rooms, as this server knows. */
export interface Typists {
  /** Takes a user off the list of a room, on all servers: they have sent their message, or may not send any more. */
  end(typist: { roomId: string; userId: string }): void
}

/** Data about users that is shown only between users who both show theirs. */
export type Privacy = 'receipts' | 'presence' | 'lastSeen'

/** The users and data hidden from a viewer, kept up to date while it is referenced. */
export interface BlockView {
  /** The users that the viewer has blocked. */
  readonly blockedIds: ReadonlySet<string>
  /** Users that the viewer has blocked, or that have blocked the viewer. The latter are some seconds late: no topic rings. */
  readonly shunnedIds: ReadonlySet<string>
  /** The data that the viewer hides, and so does not see of others. */
  readonly hides: ReadonlySet<Privacy>
  /** Resolves when a pending change has been read; null when none is pending. */
  settling(): Promise<void> | null
}

/** Watches blocks and privacy of viewers with open streams on this server. */
export interface BlockWatch {
  viewOf(viewerId: string): Promise<BlockView>
}

/** The context of every service function: the parts of the server, and the viewer. */
export interface ServiceContext extends Pick<Database, 'db' | 'sql' | 'lookups' | 'clock'> {
  readonly config: Config
  readonly feed: Feed
  readonly log: Logger
  readonly metrics: Metrics
  readonly sessions: Sessions
  readonly media: MediaAccess
  readonly blocks: BlockWatch
  readonly rates: Rates
  /** Records refused attempts as security events. */
  readonly refusals: Pick<Refusals, 'note'>
  /** The network address of the client; null when the operation comes from the server itself. */
  readonly address: string | null
  readonly receipts: Receipts
  readonly presenceTracker: PresenceTracker
  readonly typists: Typists
  /** Reads values in a batch with other operations, without a cache. */
  readonly batchedRead: BatchedRead
  /** Answers some of the reads. Null when the primary answers all. */
  readonly replica: Replica | null
  /** Reads facts in a batch with other operations, without a cache. */
  readFacts(request: FactsRequest): Promise<RoomFacts | null>
  /** Loads the facts of the viewer and rooms, once per operation: all answers about a room share one snapshot. */
  readonly roomFacts: Pick<Loader<RoomFacts | null>, 'load' | 'prime'>
  /** The error of an invalid token; null when the token is valid or none was sent. */
  readonly viewerError: AppError | null
  /** Clears the values that this operation has loaded, so that later reads are fresh. */
  forget(): void
  /** Null when signed out. Reading it in a shared execution throws ViewerAsked. */
  readonly viewer: Viewer | null
}
