import type { Sql } from '../database/sql.ts'
import { Prisma, type User } from '../generated/prisma/client.ts'

const columns: Readonly<Record<keyof User, string>> = {
  id: 'id',
  username: 'username',
  displayName: 'display_name',
  bio: 'bio',
  avatarId: 'avatar_id',
  email: 'email',
  phone: 'phone',
  isGuest: 'is_guest',
  directMessagePolicy: 'direct_message_policy',
  lastSeenAt: 'last_seen_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  deletedAt: 'deleted_at',
}

const columnsAs = (prefix: string) =>
  Prisma.raw(
    Object.entries(columns)
      .map(([field, column]) => `users.${column} as "${prefix}${field}"`)
      .join(', '),
  )

/** A user beside another row, in columns of their own names: see `takeAuthor`. */
export type WithAuthor = { [Field in keyof User as `author.${Field}`]: User[Field] | null }

/** The columns of `WithAuthor`, for a statement that joins users. */
export const authorColumns = columnsAs('author.')

/** Takes the author out of a row; null when there is none. */
export function takeAuthor(row: WithAuthor): User | null {
  if (row['author.id'] === null) return null
  const author: Record<string, unknown> = {}
  for (const field of Object.keys(columns)) author[field] = row[`author.${field as keyof User}`]
  // the columns of a user, each under its field
  return author as User
}

/** Reads users by their ids, in any order. Plain SQL, because every event asks for its author. */
export function readUsers(sql: Sql, ids: readonly string[]): Promise<User[]> {
  return sql<User>(Prisma.sql`
    -- readUsers: users_pkey
    select ${columnsAs('')}
    from users
    where id = any(${ids}::uuid[])`)
}

/** Notes that users are here, or were until now. It only moves forward. */
export async function markSeen(sql: Sql, userIds: readonly string[]): Promise<void> {
  await sql(Prisma.sql`
    -- markSeen: users_pkey
    update users
    set last_seen_at = greatest(last_seen_at, now())
    where id = any(${userIds}::uuid[])`)
}
