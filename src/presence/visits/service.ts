import { assertCan, assertSignedIn, judge } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { oldVisitsLimits } from '../../config/presence.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import type { Sql } from '../../database/sql.ts'
import type { RoomVisit } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import type { ListQuery } from '../../membership/service.ts'
import { deleteOldVisits, readVisits } from './queries.ts'

/**
 * Lists visits of a room, newest first.
 *
 * Those of all members for admins, and else those of the viewer.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listVisits(
  context: ServiceContext,
  { roomId, take, keyset }: ListQuery & { roomId: string },
): Promise<RoomVisit[]> {
  const facts = await assertCan(context, { roomId, action: 'seeOwnVisits' })
  const { userId: viewerId } = assertSignedIn(context)
  const isOfAll = judge(context, { facts, action: 'seeVisits' }) === null
  return readVisits(context.sql, { roomId, viewerId, isOfAll, take, after: parseKeyset(keyset) })
}

/** The chore that deletes old visits. */
export function oldVisitsChore({ sql, days, everyMs }: { sql: Sql; days: number; everyMs: number }): Chore {
  return {
    name: 'old visits',
    everyMs,
    async run(signal) {
      const { rowsPerStatementMax: take } = oldVisitsLimits
      await repeat(() => deleteOldVisits(sql, { days, take }), { take, signal })
    },
  }
}
