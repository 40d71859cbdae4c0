import type { Sql } from '../../database/sql.ts'
import { type AuditEvent, type AuditKind, Prisma } from '../../generated/prisma/client.ts'

/** Selects security events. */
export interface AuditQuery {
  /** Null for all kinds. */
  readonly kind: AuditKind | null
  /** The user who did it or whom it is about; null for all. */
  readonly userId: string | null
  readonly roomId: string | null
  /** The id of the event after which the page begins. */
  readonly afterId: string | null
  readonly take: number
}

/** Reads security events, newest first. */
export async function readAuditEvents(sql: Sql, query: AuditQuery): Promise<AuditEvent[]> {
  const { kind, userId, roomId, afterId, take } = query
  const conditions = [
    ...(kind === null ? [] : [Prisma.sql`kind = ${kind}::audit_kind`]),
    ...(roomId === null ? [] : [Prisma.sql`room_id = ${roomId}::uuid`]),
    ...(afterId === null ? [] : [Prisma.sql`id < ${afterId}::uuid`]),
  ]
  const page = (more: readonly Prisma.Sql[]) => {
    const all = [...conditions, ...more]
    return Prisma.sql`(
      select *
      from audit_events
      ${all.length === 0 ? Prisma.empty : Prisma.sql`where ${Prisma.join(all, ' and ')}`}
      order by id desc
      limit ${take}
    )`
  }
  const pages =
    userId === null
      ? page([])
      : Prisma.sql`${page([Prisma.sql`user_id = ${userId}::uuid`])} union ${page([Prisma.sql`actor_id = ${userId}::uuid`])}`
  return sql<AuditEvent>(Prisma.sql`
    -- readAuditEvents: audit_events_pkey, _kind_id_idx, _room_id_id_idx, _user_id_id_idx and _actor_id_id_idx; take rows of
    -- the first condition, and those that others leave out
    select id, at, kind, actor_id as "actorId", user_id as "userId", room_id as "roomId", subject_id as "subjectId",
      address, detail, times
    from (${pages}) as page
    order by id desc
    limit ${take}`)
}
