// Every event is linked to all events before it, so that a cursor proves what its holder has seen.
//
// A server whose history does not contain that proof (after a failover, a restore, a repair by hand) says so instead of
// continuing with a hole. Chains are 8 bytes as hex text: only accidents must be told apart, not attackers, since a cursor
// gives no access.

import { hash } from 'node:crypto'
import type { EventKind } from '../generated/prisma/client.ts'

/** A position in the history of a topic, with the proof of everything up to it. */
export interface Position {
  readonly seq: number
  /** The chain of the event with this number; `chainOfNothing` at 0. */
  readonly chain: string
}

/** The parts of an event that its chain is made of. */
export interface Linkable {
  readonly topicId: string
  readonly seq: number
  readonly kind: EventKind
  readonly subject: string
  readonly at: Date
}

/** The chain before the first event. */
export const chainOfNothing = '0000000000000000'

/**
 * Computes the chain of an event from the chain of the event before it.
 *
 * The time is part of it, because an edit that was lost and the one after it may be equal in everything else. The actor is
 * not: with it, clients could find out who banned a member.
 */
export function link(before: string, { topicId, seq, kind, subject, at }: Linkable): string {
  const text = `${before} ${topicId} ${seq} ${kind} ${subject} ${at.getTime()}`
  return hash('sha256', text, 'hex').slice(0, chainOfNothing.length)
}

/** Finds the first event that does not follow the one before it; null if none. */
export function findBreak<Event extends Linkable & Position>(
  { seq, chain }: Position,
  events: readonly Event[],
): Event | null {
  let before = { seq, chain }
  for (const event of events) {
    if (event.seq !== before.seq + 1 || event.chain !== link(before.chain, event)) return event
    before = event
  }
  return null
}

/** Tells whether two positions are equal and of the same history. */
export function isSamePosition(one: Position, other: Position): boolean {
  return one.seq === other.seq && one.chain === other.chain
}
