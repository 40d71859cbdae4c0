// Security events. They are rows, written in the transaction of what they tell of.

import { auditLimits } from '../config/audit.ts'
import type { Sql } from '../database/sql.ts'
import { newUuid } from '../database/uuid.ts'
import { type AuditEvent, type AuditKind, Prisma } from '../generated/prisma/client.ts'

/** The user who acts, and their network address. */
export interface Origin {
  /** Null for the command line, for the server, and for somebody unknown. */
  readonly actorId: string | null
  readonly address: string | null
}

/** The origin of background jobs and commands. */
export const noOrigin: Origin = { actorId: null, address: null }

/** A security event to record. Nothing in it may be a secret, such as a password or a token. */
export interface AuditEntry extends Partial<Origin> {
  readonly kind: AuditKind
  /** The user whom it is about: it is in their data export. */
  readonly userId?: string | null
  readonly roomId?: string | null
  /** The id of a session, report or export. */
  readonly subjectId?: string | null
  /** A few words, such as a role, the name of a rate limit or the reason of an operator. None come from other users. */
  readonly detail?: string | null
  /** How often it happened. Default: once. */
  readonly times?: number
}

/**
 * Inserts security events.
 *
 * @param origin who did it, where an entry does not say.
 * @returns the rows, in the order of the entries.
 */
export async function insertEntries(
  sql: Sql,
  entries: readonly AuditEntry[],
  origin: Origin = noOrigin,
): Promise<AuditEvent[]> {
  if (entries.length === 0) return []
  const rows = entries.map((entry) => toRow(entry, origin))
  const column = (key: Exclude<keyof AuditEvent, 'at'>) => rows.map((row) => row[key])
  const written = await sql<{ at: Date }>(Prisma.sql`
    -- insertEntries: audit_events_pkey
    insert into audit_events (id, kind, actor_id, user_id, room_id, subject_id, address, detail, times)
    select *
    from unnest(
      ${column('id')}::uuid[], ${column('kind')}::audit_kind[], ${column('actorId')}::uuid[],
      ${column('userId')}::uuid[], ${column('roomId')}::uuid[], ${column('subjectId')}::uuid[],
      ${column('address')}::text[], ${column('detail')}::text[], ${column('times')}::integer[]
    )
    returning at`)
  return rows.map((row, index) => ({ ...row, at: written[index]?.at ?? new Date() }))
}

function toRow(entry: AuditEntry, origin: Origin): Omit<AuditEvent, 'at'> {
  const { kind, userId = null, roomId = null, subjectId = null, detail = null, times = 1 } = entry
  const { actorId = origin.actorId, address = origin.address } = entry
  const shortened = detail === null ? null : [...detail].slice(0, auditLimits.detailLengthMax).join('')
  return { id: newUuid(), kind, actorId, userId, roomId, subjectId, address, detail: shortened, times }
}
