import type { ServiceContext } from '../../access/context.ts'
import type { Message } from '../../generated/prisma/client.ts'
import { type AuthoredMessage, readStretches, type Stretch } from '../queries.ts'
import { readReplicaStretches } from './queries.ts'

/** The parts of the server that a read of history needs. */
export interface HistoryContext extends Pick<ServiceContext, 'sql' | 'replica' | 'metrics'> {
  readonly clock: Pick<ServiceContext['clock'], 'now'>
}

/**
 * Reads ranges of histories in one direction: a list for each.
 *
 * The replica answers those that are at least as new there as what the viewer was let in by, and the primary the others.
 */
export async function readHistory(
  { sql, replica, clock, metrics }: HistoryContext,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<AuthoredMessage[][]> {
  if (!replica) return readStretches(sql, stretches, direction)
  const reads = metrics.counts.replica_reads_total
  const answers = await readReplicaStretches(replica, stretches, direction)
  const isTimely = (messages: readonly Message[]) => messages.every((message) => endsInTime(message, clock.now()))
  const pages = answers?.map((messages) => messages && isTimely(messages) && messages.map(alone))
  const missing = stretches.filter((_, index) => !pages?.[index])
  reads.replica += stretches.length - missing.length
  reads[answers ? 'refused' : 'primary'] += missing.length
  if (missing.length === 0) return (pages ?? []).map((page) => page || [])
  const read = await readStretches(sql, missing, direction)
  return stretches.map((_, index) => pages?.[index] || (read.shift() ?? []))
}

const alone = (message: Message): AuthoredMessage => ({ message, author: null })

/** Tells whether a message that ends by itself is shown by the time of the primary: the clock of a replica may be wrong. */
function endsInTime({ expiresAt, deletedAt }: Message, now: number): boolean {
  if (expiresAt === null) return true
  return expiresAt.getTime() <= now ? deletedAt !== null : deletedAt?.getTime() !== expiresAt.getTime()
}
