// The history of a room: which messages a page shows, and where they are read, on the replica or the primary.

import { assertCan } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { badInput } from '../../errors.ts'
import type { Position } from '../../feed/chain.ts'
import type { TopicState } from '../../feed/topics.ts'
import { parseNumberKeyset } from '../../input/keyset.ts'
import type { AuthoredMessage, ShownMessage } from '../queries.ts'
import { readReplicaStretches, readStretches, type Stretch } from './queries.ts'

/** Selects a page of a room's history. */
export interface HistoryQuery {
  roomId: string
  take: number
  direction: 'forward' | 'backward'
  /** The keys of the message after or before which the page lies; null for the end at which `direction` starts. */
  keyset: readonly string[] | null
}

/**
 * Finds the range of history of a page, in a room that the viewer may read.
 *
 * It ends at the snapshot of the room's event cursor, so that history and stream join without a gap.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function findStretch(context: ServiceContext, query: HistoryQuery): Promise<Stretch> {
  const { roomId, take, direction } = query
  const { topic, member } = await assertCan(context, { roomId, action: 'read' })
  const begin = member?.historyFrom ?? 0
  const number = parseNumberKeyset(query.keyset, direction === 'forward' ? 'after' : 'before')
  const above = Math.max(begin, direction === 'forward' ? (number ?? 0) : 0)
  const upTo = direction === 'backward' && number !== null ? Math.min(number - 1, topic.lastNumber) : topic.lastNumber
  return { roomId, above, upTo, direction, take, since: headPosition(topic) }
}

/**
 * Finds the stretch of history with a number in its middle.
 *
 * It is moved where it would pass an end.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a number below 1.
 */
export async function findStretchAround(
  context: ServiceContext,
  { roomId, around, take }: { roomId: string; around: number; take: number },
): Promise<Stretch> {
  const { topic, member } = await assertCan(context, { roomId, action: 'read' })
  if (around < 1) throw badInput('around', 'must be the number of a message, from 1')
  const begin = member?.historyFrom ?? 0
  const above = Math.max(begin, Math.min(around - 1 - Math.floor(take / 2), topic.lastNumber - take))
  return { roomId, above, upTo: topic.lastNumber, direction: 'forward', take, since: headPosition(topic) }
}

/** The position of the head of a topic. */
export const headPosition = ({ head: seq, chain }: TopicState): Position => ({ seq, chain })

/** The parts of the server that a read of history needs. */
export interface HistoryContext extends Pick<ServiceContext, 'lookups' | 'replica' | 'metrics'> {
  readonly clock: Pick<ServiceContext['clock'], 'now'>
}

/**
 * Reads ranges of histories in one direction: a list for each.
 *
 * The replica answers those that are at least as new there as what the viewer was let in by, and the primary the others.
 */
export async function readHistory(
  { lookups, replica, clock, metrics }: HistoryContext,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<AuthoredMessage[][]> {
  if (!replica) return readStretches(lookups, stretches, direction)
  const reads = metrics.counts.replica_reads_total
  const answers = await readReplicaStretches(replica, stretches, direction)
  const isTimely = (messages: readonly ShownMessage[]) => messages.every((message) => endsInTime(message, clock.now()))
  const pages = answers?.map((messages) => messages && isTimely(messages) && messages.map(alone))
  const missing = stretches.filter((_, index) => !pages?.[index])
  reads.replica += stretches.length - missing.length
  reads[answers ? 'refused' : 'primary'] += missing.length
  if (missing.length === 0) return (pages ?? []).map((page) => page || [])
  const read = await readStretches(lookups, missing, direction)
  return stretches.map((_, index) => pages?.[index] || (read.shift() ?? []))
}

const alone = (message: ShownMessage): AuthoredMessage => ({ message, author: null })

/** Tells whether a message that ends by itself is shown by the time of the primary: the clock of a replica may be wrong. */
function endsInTime({ expiresAt, deletedAt }: ShownMessage, now: number): boolean {
  if (expiresAt === null) return true
  return expiresAt.getTime() <= now ? deletedAt !== null : deletedAt?.getTime() !== expiresAt.getTime()
}
