import type { KabarError } from '../errors.ts'
import type { Persistence } from '../persistence/persistence.ts'
import type { Connection } from './connection.ts'
import type { ServerInfo } from './entities.ts'
import type { AccountState, FoundMessages, Mention, PeopleState, Rooms, SearchFilter } from './lists.ts'
import type { Live } from './live.ts'
import type { Room } from './room.ts'
import type { Session, SessionStorage } from './session.ts'
import type { Upload } from './upload.ts'

/** A document: its text, or what a code generator makes of it. It carries its types. */
export type Document<Data, Variables> =
  | string
  | { toString(): string; readonly __apiType?: (variables: Variables) => Data }

/** How a client is made. Only `url` is needed. */
export interface KabarOptions {
  /** Where the server takes GraphQL, for example `https://chat.example/graphql`. */
  readonly url: string
  /** Where it takes WebSockets; `url` with ws or wss when not given. */
  readonly socketUrl?: string
  /** Keeps the session: localStorage where there is one and memory elsewhere, when not given. */
  readonly sessionStorage?: SessionStorage
  /** Keeps rooms and unsent messages over reloads: `indexedDb()`. Nothing is kept when not given. */
  readonly persistence?: Persistence
  /** True if the tabs of a browser share one connection, where they can. True when not given. */
  readonly sharesConnection?: boolean
  /** How events come. `auto` takes event streams where sockets are blocked. */
  readonly transport?: 'auto' | 'socket' | 'event-stream'
  readonly fetch?: typeof fetch
  /** Needed where there is no global WebSocket, as in Node 20. */
  readonly WebSocket?: unknown
  /** How often a room is compared with the server: `always` at each reconnect, or one in a hundred. */
  readonly verify?: 'always' | 'sometimes' | 'never'
  /** Is told of each difference that verifying has found. It has been read again by then. */
  readonly onDivergence?: (divergence: { roomId: string; from: number; to: number }) => void
  /** Is told of what goes wrong behind the scenes, such as a storage that throws. */
  readonly onError?: (error: KabarError) => void
}

/** A client of one server. */
export interface Kabar {
  readonly url: string
  readonly session: Session
  readonly connection: Connection
  readonly rooms: Rooms
  /** The viewer's own account. */
  readonly account: Live<AccountState>
  /** Friends, requests, blocked users and invitations into rooms. */
  readonly people: Live<PeopleState>
  /** The server's version, features and limits; null until they are read, which the first listener starts. */
  readonly server: Live<ServerInfo | null>
  /** A room by its id. The same object each time. */
  room(id: string): Room
  /** Uploads a file, to be attached to a message or used as an avatar. */
  upload(file: Blob, options?: { name?: string }): Upload
  /** Finds messages by their words, and by a filter. */
  search(options: {
    query: string
    roomId?: string
    filter?: SearchFilter
    first?: number
    after?: string | null
  }): Promise<FoundMessages>
  /** Reads the messages that the viewer has saved, those saved last first. No event tells of them: it is read when asked. */
  savedMessages(options?: { first?: number; after?: string | null }): Promise<FoundMessages>
  /** Calls back for each message that mentions the viewer. */
  onMention(listener: (mention: Mention) => void): () => void
  /** Runs a query. Throws a KabarError. */
  query<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
    options?: { signal?: AbortSignal },
  ): Promise<Data>
  /** Runs a mutation. It is not repeated but after UNAUTHENTICATED. Throws a KabarError. */
  mutate<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
    options?: { signal?: AbortSignal },
  ): Promise<Data>
  /** Follows a subscription. `after` moves on with each event, so that a reconnect misses and doubles nothing. */
  subscribe<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables: Variables,
    sink: SubscriptionSink<Data>,
  ): () => void
  /** Makes a path of the server, such as `/media/…`, a whole URL. */
  absoluteUrl(path: string): string
  /** Ends all that it does. What waits to be sent is kept by `persistence`. */
  close(): Promise<void>
}

/** The receiver of a subscription. */
export interface SubscriptionSink<Data> {
  next(data: Data): void
  /** It failed for good: nothing more comes. */
  error?(error: KabarError): void
  complete?(): void
}
