import { type ConsentFacts, consentColumns, consents } from '../../access/consent.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** The presence of a user, as others see it. */
export type PresenceStatus = 'ONLINE' | 'AWAY' | 'OFFLINE'

/** The presence of a user, and when they were last seen. */
export interface Presence {
  readonly status: PresenceStatus
  /** Null when it is unknown or hidden. */
  readonly lastSeenAt: Date | null
}

interface PresenceRow {
  userId: string
  isHere: boolean | null
  isActive: boolean | null
  lastSeenAt: Date | null
  showsPresence: boolean
  showsLastSeen: boolean
}

/** The presence of users who are deleted, unknown or hidden from the viewer. */
export const offline: Presence = { status: 'OFFLINE', lastSeenAt: null }

/** The presence as users see their own. */
function toPresence({ isHere, isActive, lastSeenAt }: PresenceRow): Presence {
  const here = isActive ? 'ONLINE' : 'AWAY'
  return { status: isHere ? here : 'OFFLINE', lastSeenAt }
}

/** The presence as the user lets others see it. The privacy of who looks is not applied. */
function toShownPresence(row: PresenceRow): Presence {
  if (!row.showsPresence) return offline
  const { status, lastSeenAt } = toPresence(row)
  return { status, lastSeenAt: row.showsLastSeen ? lastSeenAt : null }
}

/** Joins the presence rows of live servers: the users of a crashed server are offline when its lease has expired. */
const presenceJoin = Prisma.sql`
  left join lateral (
    select true as is_here, bool_or(not is_idle and not is_away) as is_active
    from user_presences
    join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
    where user_presences.user_id = users.id
    having count(*) > 0
  ) as here on true`

const presenceColumns = Prisma.sql`
  users.id as "userId", is_here as "isHere", is_active as "isActive", users.last_seen_at as "lastSeenAt",
  users.shows_presence as "showsPresence", users.shows_last_seen as "showsLastSeen"`

/** Reads the presence of users, for any viewer who hides nothing. Users who do not exist are missing. */
export async function readPresences(sql: Sql, userIds: readonly string[]): Promise<Map<string, Presence>> {
  const rows = await sql<PresenceRow>(Prisma.sql`
    -- readPresences: users_pkey, user_presences_pkey and server_leases_pkey; for every page
    select ${presenceColumns}
    from users ${presenceJoin}
    where users.id = any(${userIds}::uuid[]) and users.deleted_at is null`)
  return new Map(rows.map((row) => [row.userId, toShownPresence(row)]))
}

/**
 * Reads the presence of users as a viewer may see it.
 *
 * Users who do not let the viewer see their presence are missing: see `consents`. A viewer who hides their presence or
 * last-seen time does not see it of others. Users always see themselves.
 */
export async function readVisiblePresences(
  sql: Sql,
  viewerId: string,
  userIds: readonly string[],
): Promise<Map<string, Presence>> {
  const rows = await sql<PresenceRow & ConsentFacts & { isMutual: boolean; isSeenMutual: boolean }>(Prisma.sql`
    -- readVisiblePresences: primary keys; members_user_id_idx, as many rows as the viewer has rooms, until one is shared;
    -- for every page
    select ${presenceColumns}, ${consentColumns(Prisma.sql`${viewerId}::uuid`)},
      viewer.shows_presence as "isMutual", viewer.shows_last_seen as "isSeenMutual"
    from users ${presenceJoin}
    join users as viewer on viewer.id = ${viewerId}::uuid
    where users.id = any(${userIds}::uuid[]) and users.deleted_at is null`)
  return new Map(
    rows.map((row) => {
      if (row.userId === viewerId) return [row.userId, toPresence(row)]
      if (!row.isMutual || !consents('look', row)) return [row.userId, offline]
      return [row.userId, toShownPresence({ ...row, showsLastSeen: row.showsLastSeen && row.isSeenMutual })]
    }),
  )
}
