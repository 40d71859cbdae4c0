import { hasBlockBetween } from '../../access/facts.ts'
import { limits } from '../../config/config.ts'
import { foldedPattern, type Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type PublicUser, publicColumns } from '../queries.ts'

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
