import { hasBlockBetween } from '../access/facts.ts'
import { limits } from '../config/config.ts'
import { columnsOf, type ModelFields, rowTaker } from '../database/columns.ts'
import { foldedPattern, isAnyOf, type Sql } from '../database/sql.ts'
import { Prisma, type User } from '../generated/prisma/client.ts'

/** The fields of an account that others see, or that decide on it. */
export const publicSelection = {
  ...{ id: true, username: true, displayName: true, bio: true, avatarId: true },
  ...{ isGuest: true, createdAt: true, updatedAt: true, deletedAt: true, showsReceipts: true },
} as const

/** An account as others see it: without contact data. */
export type PublicUser = Pick<User, keyof typeof publicSelection>

const { id, username, displayName, bio, avatarId, isGuest, createdAt, updatedAt, deletedAt, showsReceipts } =
  Prisma.UserScalarFieldEnum
const publicFields: ModelFields<keyof PublicUser> = {
  ...{ id, username, displayName, bio, avatarId, isGuest, createdAt, updatedAt, deletedAt, showsReceipts },
}
const publicColumns = columnsOf('users', publicFields)

/** A user beside another row, in columns with a prefix: see `takeAuthor`. */
export type WithAuthor = { [Field in keyof PublicUser as `author.${Field}`]: PublicUser[Field] | null }

/** The columns of `WithAuthor`, for a statement that joins users. */
export const authorColumns = columnsOf('users', publicFields, { prefix: 'author.' })

const takeUser = rowTaker<PublicUser>(publicFields, { prefix: 'author.' })

/** Extracts the author from a row; null when there is none. */
export function takeAuthor(row: WithAuthor): PublicUser | null {
  return row['author.id'] === null ? null : takeUser(row)
}

/** Parameters of `registeredUsersStatement`. */
export interface UsersQuery {
  /** The viewer: users with a block between them and the viewer are left out. */
  viewerId: string
  /** A part of the username or display name; one or two characters match the beginning of a word. Null for everybody. */
  search: string | null
  /** The username to begin after. */
  after: string | null
  take: number
}

const isListed = Prisma.sql`username is not null and not is_guest and deleted_at is null`

const isUnblocked = (viewerId: string) =>
  Prisma.sql`not ${hasBlockBetween(Prisma.sql`${viewerId}::uuid`, Prisma.sql`users.id`)}`

/**
 * Builds the statement that reads registered users, in order of username.
 *
 * The user whose username equals the search text comes first.
 */
export function registeredUsersStatement({ viewerId, search, after, take }: UsersQuery): Prisma.Sql {
  const listed = Prisma.sql`${isListed} ${after === null ? Prisma.empty : Prisma.sql`and username > ${after}`}`
  const unblocked = isUnblocked(viewerId)
  if (search === null) {
    return Prisma.sql`
    -- registeredUsersStatement: users_username_key, take rows and the unlisted users between them; for every page
    select ${publicColumns}
    from users
    where ${listed} and ${unblocked}
    order by username
    limit ${take}`
  }
  const username = search.toLowerCase()
  const matches = Prisma.sql`${matchesText(search)} and username <> ${username} and ${unblocked}`
  // the planner cannot estimate how many names contain a text: a frequent text fills the page early, a rare one is looked up
  return Prisma.sql`
    -- registeredUsersStatement: users_username_key, usersPassedMax rows; or users_username_trgm_idx and users_search_name_trgm_idx
    with exact as materialized (
      select users.id
      from users
      where ${after === null} and username = ${username} and ${listed} and ${unblocked}
    ), near as materialized (
      select users.id
      from (select * from users where ${listed} order by username limit ${limits.usersPassedMax}) as users
      where ${matches}
      order by username
      limit ${take}
    ), found as materialized (
      select users.id
      from users
      where (select count(*) from near) < ${take} and ${listed} and ${matches}
      -- not by the index of usernames
      order by username || ''
      limit ${take}
    )
    select ${publicColumns}
    from users
    where id in (select id from exact union select id from found union select id from near)
    order by username <> ${username}, username
    limit ${take}`
}

/** A user whose display name is similar to a text. */
export interface AlikeUser extends PublicUser {
  /** The distance of the names: smaller is more similar. */
  readonly distance: number
}

/** Parameters of `readAlikeUsers`. */
export interface AlikeQuery {
  viewerId: string
  text: string
  take: number
  /** The user to begin after. */
  after: { readonly username: string; readonly distance: number } | null
}

/**
 * Reads registered users with display names similar to a text.
 *
 * The most similar come first. Call `tolerateTypingErrors` first, which sets the minimum similarity.
 */
export function readAlikeUsers(sql: Sql, { viewerId, text, take, after }: AlikeQuery): Promise<AlikeUser[]> {
  const beyond = after
    ? Prisma.sql`(distance, username) > (${after.distance}::integer, ${after.username})`
    : Prisma.sql`true`
  return sql<AlikeUser>(Prisma.sql`
    -- readAlikeUsers: users_search_name_trgm_idx, at most usersAlikeMax rows
    select *
    from (
      select ${publicColumns}, round((1 - word_similarity(fold_name(${text}), search_name)) * 1000)::integer as distance
      from (select * from users where search_name %> fold_name(${text}) and ${isListed} limit ${limits.usersAlikeMax}) as users
      where ${isUnblocked(viewerId)}
    ) as alike
    where ${beyond}
    order by distance, username
    limit ${take}`)
}

/** Builds the condition that a name contains a text. Every pattern has three characters, or a word beginning, to look up. */
function matchesText(text: string): Prisma.Sql {
  const part = foldedPattern(text)
  if ([...text].length >= 3) {
    const pattern = Prisma.sql`'%' || ${part} || '%'`
    return Prisma.sql`(username like ${pattern} or search_name like ${pattern})`
  }
  const [first, later] = [Prisma.sql`${part} || '%'`, Prisma.sql`'% ' || ${part} || '%'`]
  return Prisma.sql`(username like ${first} or search_name like ${first} or search_name like ${later})`
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
