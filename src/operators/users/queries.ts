import { foldedPattern, type Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Selects accounts. */
export interface AccountsQuery {
  /** A part of a name, or the whole e-mail address or phone number; null for all. */
  readonly search: string | null
  readonly isSuspended: boolean | null
  readonly afterId: string | null
  readonly take: number
}

/** Reads the ids of accounts that are not deleted, newest first. */
export async function readAccountIds(sql: Sql, query: AccountsQuery): Promise<string[]> {
  const { search, isSuspended, afterId, take } = query
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readAccountIds: users_pkey, take rows; with a search users_username_trgm_idx, users_search_name_trgm_idx,
    -- users_email_verified_key and users_phone_verified_key, as many rows as match; users_suspended_at_idx
    select id
    from users
    where deleted_at is null
      ${search === null ? Prisma.empty : Prisma.sql`and id in (${matches(search)})`}
      ${afterId === null ? Prisma.empty : Prisma.sql`and id < ${afterId}::uuid`}
      ${isSuspended === null ? Prisma.empty : isSuspended ? Prisma.sql`and suspended_at is not null` : Prisma.sql`and suspended_at is null`}
    order by id desc
    limit ${take}`)
  return rows.map((row) => row.id)
}

const matches = (search: string) => {
  const part = Prisma.sql`'%' || ${foldedPattern(search)} || '%'`
  return Prisma.sql`
    select id from users where username like ${part}
    union
    select id from users where search_name like ${part}
    union
    select id from users where email = ${search.toLowerCase()} and email_verified_at is not null
    union
    select id from users where phone = ${search} and phone_verified_at is not null`
}

/** The size of an account. */
export interface AccountSize {
  readonly rooms: number
  readonly mediaBytes: number
}

/** Reads how many rooms and bytes of files accounts have, in the order of the ids. */
export async function readAccountSizes(sql: Sql, userIds: readonly string[]): Promise<AccountSize[]> {
  const rows = await sql<AccountSize & { id: string }>(Prisma.sql`
    -- readAccountSizes: members_user_id_idx and media_owner_id_idx, as many rows as the accounts have
    select asked.id,
      (select count(*)::integer from members where members.user_id = asked.id) as rooms,
      (select coalesce(sum(bytes), 0)::float8 from media where media.owner_id = asked.id) as "mediaBytes"
    from unnest(${userIds}::uuid[]) as asked (id)`)
  const sizes = new Map(rows.map((row) => [row.id, row]))
  return userIds.map((id) => sizes.get(id) ?? { rooms: 0, mediaBytes: 0 })
}
