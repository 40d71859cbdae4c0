import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Reads deleted accounts whose deletion is not finished, the oldest first. */
export async function readUnfinished(db: Db, take: number): Promise<string[]> {
  const rows = await db.accountDeletion.findMany({ select: { userId: true }, orderBy: { createdAt: 'asc' }, take })
  return rows.map((row) => row.userId)
}

/** Tells whether an account was deleted at least `ageMs` ago. */
export async function isSettled(sql: Sql, userId: string, ageMs: number): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- isSettled: account_deletions_pkey
    select 1
    from account_deletions
    where user_id = ${userId}::uuid and created_at <= now() - ${ageMs} * interval '1 millisecond'`)
  return rows.length > 0
}

/** Reads the other users of all friendships and requests of a user, in any order. */
export async function readTies(sql: Sql, userId: string, take: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readTies: friendships_pkey and friendships_high_id_idx, take rows of each
    (select high_id as id from friendships where low_id = ${userId}::uuid limit ${take})
    union all
    (select low_id as id from friendships where high_id = ${userId}::uuid limit ${take})
    limit ${take}`)
  return rows.map((row) => row.id)
}

/** Deletes the friendships and requests of a user with others. Returns the ids of those with whom there was one. */
export async function deleteTies(sql: Sql, userId: string, otherIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- deleteTies: friendships_pkey, one row per user
    delete from friendships
    where (low_id, high_id) in (
      select least(${userId}::uuid, other.id), greatest(${userId}::uuid, other.id)
      from unnest(${otherIds}::uuid[]) as other (id)
    )
    returning case low_id when ${userId}::uuid then high_id else low_id end as id`)
  return rows.map((row) => row.id)
}

/** Tells whether the messages of a deleted account are to be deleted too. */
export async function readErasesMessages(db: Db, userId: string): Promise<boolean> {
  const deletion = await db.accountDeletion.findUnique({ where: { userId }, select: { erasesMessages: true } })
  return deletion?.erasesMessages === true
}

/** Tells whether a user is in any room, including deleted ones. */
export async function isMember(db: Db, userId: string): Promise<boolean> {
  return (await db.member.findFirst({ where: { userId }, select: { roomId: true } })) !== null
}

/** Deletes or changes up to `limit` rows of a user. Returns how many. */
export type Erase = (db: Db, userId: string, limit: number) => Promise<{ readonly count: number }>

/** Erases the traces of a user in rooms, each by an index. */
export const erasures: readonly Erase[] = [
  (db, userId, limit) => db.roomVisit.deleteMany({ where: { userId }, limit }),
  (db, userId, limit) => db.savedMessage.deleteMany({ where: { userId }, limit }),
  (db, userId, limit) => {
    const where = { OR: [{ userId }, { actorId: userId }], address: { not: null } }
    return db.auditEvent.updateMany({ where, data: { address: null }, limit })
  },
  (db, userId, limit) => db.formerMember.deleteMany({ where: { userId }, limit }),
  (db, userId, limit) => db.roomRefusal.deleteMany({ where: { OR: [{ userId }, { refusedId: userId }] }, limit }),
]
