import { columnsOf, type ModelFields, rowTaker } from '../database/columns.ts'
import { isAnyOf, type Sql } from '../database/sql.ts'
import { Prisma, type User } from '../generated/prisma/client.ts'

/** The fields of an account beside what it wrote. Dates are read where they are shown. */
export const publicSelection = {
  ...{ id: true, username: true, displayName: true, bio: true, avatarId: true },
  ...{ isGuest: true, deletedAt: true, showsReceipts: true },
} as const

/** An account as others see it: without contact data. */
export type PublicUser = Pick<User, keyof typeof publicSelection>

const { id, username, displayName, bio, avatarId, isGuest, deletedAt, showsReceipts } = Prisma.UserScalarFieldEnum
const publicFields: ModelFields<keyof PublicUser> = {
  ...{ id, username, displayName, bio, avatarId, isGuest, deletedAt, showsReceipts },
}

/** The columns of `PublicUser`. */
export const publicColumns = columnsOf('users', publicFields)

/** A user beside another row, in columns with a prefix: see `takeAuthor`. */
export type WithAuthor = { [Field in keyof PublicUser as `author.${Field}`]: PublicUser[Field] | null }

/** The columns of `WithAuthor`, for a statement that joins users. */
export const authorColumns = columnsOf('users', publicFields, { prefix: 'author.' })

const takeUser = rowTaker<PublicUser>(publicFields, { prefix: 'author.' })

/** Extracts the author from a row; null when there is none. */
export function takeAuthor(row: WithAuthor): PublicUser | null {
  return row['author.id'] === null ? null : takeUser(row)
}

/** Reads users by their ids, in any order. Plain SQL, because it runs for the author of every event. */
export function readUsers(sql: Sql, ids: readonly string[]): Promise<PublicUser[]> {
  return sql<PublicUser>(Prisma.sql`
    -- readUsers: users_pkey; for every page and event
    select ${publicColumns}
    from users
    where ${isAnyOf(Prisma.sql`id`, ids)}`)
}

/** Reads the hashes of usernames that are held back. They were released in the last `days` days. */
export async function readRestingNames(
  sql: Sql,
  { hashes, days }: { hashes: readonly Uint8Array[]; days: number },
): Promise<Uint8Array[]> {
  const rows = await sql<{ username_hash: Uint8Array }>(Prisma.sql`
    -- readRestingNames: resting_names_pkey, one row per name
    select username_hash
    from resting_names
    where username_hash = any(${hashes}::bytea[]) and released_at > now() - ${days}::integer * interval '1 day'`)
  return rows.map((row) => row.username_hash)
}

/** Sets when users were last seen to now. It only moves forward. */
export async function markSeen(sql: Sql, userIds: readonly string[]): Promise<void> {
  await sql(Prisma.sql`
    -- markSeen: users_pkey
    update users
    set last_seen_at = greatest(last_seen_at, now())
    where id = any(${userIds}::uuid[]) and deleted_at is null`)
}

/** Records when a user begins to show or to hide receipts. Does nothing where they already do. */
export async function markReceiptsChange(
  sql: Sql,
  { userId, showsReceipts }: { userId: string; showsReceipts: boolean },
): Promise<void> {
  await sql(Prisma.sql`
    -- markReceiptsChange: users_pkey
    update users
    set receipts_changed_at = clock_timestamp()
    where id = ${userId}::uuid and shows_receipts <> ${showsReceipts}`)
}
