// The record of one run: the input of the checker. It holds no sockets and no clocks, so that tests can write it by hand.

/** How a mutation ended for its client. Unknown: it may or may not have been done. */
export type Outcome = 'acked' | 'failed' | 'unknown'

/** One message that a writer wanted to send, over all its tries with one nonce. */
export interface SendRecord {
  readonly roomId: string
  readonly authorId: string
  readonly nonce: string
  readonly body: string
  readonly outcome: Outcome
  /** As the answer said it; null without one. */
  readonly messageId: string | null
  readonly number: number | null
  /** Places on one line of time: a send that ended before another began has the lower number. */
  readonly began: number
  readonly ended: number
}

/** One edit of a message by its author; a body of null deletes it. */
export interface EditRecord {
  readonly messageId: string
  readonly body: string | null
  readonly outcome: Outcome
}

/** A message as a client or the database has it. A deleted one says nothing. */
export interface MessageView {
  readonly id: string
  readonly number: number
  readonly body: string
  readonly deleted: boolean
}

/** A member and the role; null where an event speaks of somebody who has left since. */
export interface MemberView {
  readonly userId: string
  readonly role: string | null
}

/** A place in a room's feed. */
export interface Place {
  readonly seq: number
  readonly chain: string
}

/** An event as an observer got it. */
export interface EventEntry extends Place {
  readonly kind: 'event'
  readonly type: string
  readonly message?: MessageView
  readonly member?: MemberView
}

/** The room as an observer read it, with the newest of its messages. */
export interface SnapshotEntry extends Place {
  readonly kind: 'snapshot'
  readonly messages: readonly MessageView[]
  readonly members: readonly MemberView[]
}

/** One thing that happened to an observer, in order. */
export type Entry =
  | SnapshotEntry
  | EventEntry
  /** Told to read anew. */
  | { readonly kind: 'resync' }
  /** Neither a stream nor a snapshot is given to it: its user is not a member. */
  | { readonly kind: 'refused' }

/** The record of one observer of one room. */
export interface Observation {
  readonly name: string
  readonly roomId: string
  readonly userId: string
  readonly entries: readonly Entry[]
}

/** A message of the database. */
export interface StoredMessage extends MessageView {
  readonly authorId: string | null
  readonly nonce: string | null
}

/** A room as it is in the end. */
export interface FinalRoom {
  readonly roomId: string
  readonly head: number
  /** The chain of each event, by its number. */
  readonly chains: ReadonlyMap<number, string>
  /** In order of number. */
  readonly messages: readonly StoredMessage[]
  readonly members: readonly MemberView[]
  /** The versions that edits made of messages, with the number of each edit. */
  readonly versions: readonly { readonly seq: number; readonly messageId: string; readonly body: string }[]
  /** Members who came and went, in order of seq. */
  readonly moves: readonly { readonly seq: number; readonly userId: string; readonly joined: boolean }[]
}

/** One run. */
export interface History {
  readonly sends: readonly SendRecord[]
  readonly edits: readonly EditRecord[]
  readonly observations: readonly Observation[]
  readonly rooms: readonly FinalRoom[]
  /** True when the database was put back to an earlier state: clients have seen events that it lost. */
  readonly wasPutBack: boolean
}

/** A promise that was broken. */
export interface Violation {
  readonly kind:
    | 'lost'
    | 'repeated'
    | 'out of order'
    | 'invented'
    | 'leaked'
    | 'different'
    | 'late'
    | 'crashed'
    | 'masked'
  readonly what: string
}
