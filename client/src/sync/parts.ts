import type { RoomFields, StoredMessage } from '../api/entities.ts'
import type { KabarError } from '../errors.ts'
import type { PlaceFieldsFragment } from '../generated/operations.ts'
import type { Operation } from '../operations/define.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { PersistedTables } from '../persistence/persistence.ts'
import type { Follow } from '../transport/streams.ts'
import type { roomKeeper } from './room-keep.ts'

/** Keeps rooms over reloads. */
export type RoomKeeper = typeof roomKeeper

/** Runs a query of this package. Throws a KabarError. */
export type Ask = <Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
) => Promise<Data>

/** The parts that keep rooms and lists up to date, for one account. */
export interface SyncParts {
  readonly viewerId: string
  readonly ask: Ask
  readonly follow: Follow
  readonly outbox: Outbox
  readonly tables: PersistedTables | null
  /** Keeps rooms in the tables; null where there are none. */
  readonly keeper: RoomKeeper | null
  readonly verify: 'always' | 'sometimes' | 'never'
  absoluteUrl(path: string): string
  onDivergence(divergence: { roomId: string; from: number; to: number }): void
  /** Something went wrong that nobody waits for. */
  onError(error: KabarError): void
  /** Called when a room or list has become up to date, or is no longer. */
  statusChanged(): void
  /** A room that is followed has other settings or a new message: the list of rooms may not be told of them. */
  roomChanged(room: RoomFields, messages: ReadonlyMap<number, StoredMessage>): void
  /** Tells whether the list of rooms has a room. */
  isMember(roomId: string): boolean
  /** The viewer has read a room up to a number, or sent something there. */
  wasRead(roomId: string, number: number): void
  /** The viewer has marked a room as unread from a number on. */
  wasMarkedUnread(roomId: string, number: number): void
  /** The viewer has changed what their list tells of a room. */
  place(roomId: string, more: Partial<PlaceFieldsFragment>): void
}

/** A message of a list of nodes, of which some are of other types. */
export function messagesIn(nodes: readonly (object | null)[]): StoredMessage[] {
  return nodes.filter((node): node is StoredMessage => node !== null && Reflect.get(node, '__typename') === 'Message')
}
