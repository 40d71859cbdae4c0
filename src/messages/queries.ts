import { inOrder } from '../concurrency/loader.ts'
import { columnsOf } from '../database/columns.ts'
import { isAnyOf, type Sql } from '../database/sql.ts'
import { type Message, Prisma } from '../generated/prisma/client.ts'
import { authorColumns, type PublicUser, takeAuthor, type WithAuthor } from '../users/queries.ts'

/** Tells whether a message has ended by itself. It is shown as deleted, until a chore deletes it. */
export const hasExpired = Prisma.sql`coalesce(messages.expires_at <= now(), false)`

/** The fields of a message that only writes use. */
const notShown = ['fingerprint', 'pinnedById'] as const

/** A message as pages and events show it. Its place in the feed, which few show, stays the text that was read. */
export type ShownMessage = Omit<Message, (typeof notShown)[number] | 'seq' | 'chain'> & {
  readonly seq: string | bigint
  /** Text has hexadecimal digits. */
  readonly chain: string | Uint8Array
}

/** The columns of `ShownMessage`. */
export const messageColumns = columnsOf('messages', Prisma.MessageScalarFieldEnum, {
  without: notShown,
  computed: {
    chain: Prisma.sql`encode(messages.chain, 'hex')`,
    body: Prisma.sql`case when ${hasExpired} then null else messages.body end`,
    deletedAt: Prisma.sql`
      case when ${hasExpired} then coalesce(messages.deleted_at, messages.expires_at) else messages.deleted_at end`,
    pinnedAt: Prisma.sql`case when ${hasExpired} then null else messages.pinned_at end`,
  },
})

/** The columns of `AuthoredRow`. The statement joins the authors as `users`. */
export const authoredColumns = Prisma.sql`${messageColumns}, ${authorColumns}`

/** A message and its author in one row. */
export type AuthoredRow = ShownMessage & WithAuthor

/** A message with its author, whom a loader reads where it was read alone. */
export interface AuthoredMessage {
  readonly message: ShownMessage
  /** Null when the server wrote it, or when it was read alone. */
  readonly author: PublicUser | null
}

/** Returns a function that builds messages from rows, and each author once. */
export function authoredTaker(): (row: AuthoredRow) => AuthoredMessage {
  const authors = new Map<string, PublicUser | null>()
  return (row) => {
    const authorId = row['author.id']
    // the row is the message: to copy it would take as long as to read it
    if (authorId === null) return { message: row, author: null }
    const author = authors.get(authorId) ?? takeAuthor(row)
    authors.set(authorId, author)
    return { message: row, author }
  }
}

/** Reads messages by their ids, in any order. */
export async function readMessages(sql: Sql, ids: readonly string[]): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessages: messages_pkey and users_pkey; for every page and event
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where ${isAnyOf(Prisma.sql`messages.id`, ids)}`)
  return rows.map(authoredTaker())
}

/** Reads messages by their ids, in their order; null for missing ones. */
export async function readMessagesInOrder(sql: Sql, ids: readonly string[]): Promise<(AuthoredMessage | null)[]> {
  return inOrder(ids, await readMessages(sql, ids), ({ message }) => message.id)
}

/** Groups rows into a list for each query, by their position, which counts from 1. */
export function toLists(
  queries: readonly unknown[],
  rows: readonly (AuthoredRow & { position: unknown })[],
): AuthoredMessage[][] {
  const lists: AuthoredMessage[][] = queries.map(() => [])
  const take = authoredTaker()
  for (const row of rows) lists[Number(row.position) - 1]?.push(take(row))
  return lists
}
