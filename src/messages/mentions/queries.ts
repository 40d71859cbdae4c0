import { type ConsentFacts, consentColumns, consents } from '../../access/consent.ts'
import type { Sql } from '../../database/sql.ts'
import { type Message, Prisma, type User } from '../../generated/prisma/client.ts'
import { authorColumns, takeAuthor, type WithAuthor } from '../../users/queries.ts'

/** A mention of a user by an author in a room. */
export interface Mention {
  readonly roomId: string
  readonly authorId: string
  readonly userId: string
}

/** Formats the key of a mention for sets. */
export const mentionKey = ({ roomId, authorId, userId }: Mention) => `${roomId} ${authorId} ${userId}`

/** Finds the users with given names whom an author can mention. Authors who are not members can mention nobody. */
export async function readMentionableByNames(
  sql: Sql,
  { roomId, authorId, names }: { roomId: string; authorId: string; names: readonly string[] },
): Promise<string[]> {
  const rows = await sql<ConsentFacts & { id: string; takesPart: boolean }>(Prisma.sql`
    -- readMentionableByNames: users_username_key, members_pkey and blocks_pkey, one row of each a name
    select users.id, members.takes_part as "takesPart", ${consentColumns(Prisma.sql`${authorId}::uuid`)}
    from users
    join members on members.room_id = ${roomId}::uuid and members.user_id = users.id
    where users.username = any(${names}::text[])
      and exists (select from members as own where own.room_id = ${roomId}::uuid and own.user_id = ${authorId}::uuid)
      and users.deleted_at is null
      and users.id <> ${authorId}::uuid`)
  return rows.filter(isMentionable).map((row) => row.id)
}

/** Finds the mentions that are allowed now. Returns their keys. */
export async function readMentionable(sql: Sql, mentions: readonly Mention[]): Promise<ReadonlySet<string>> {
  if (mentions.length === 0) return new Set()
  const rows = await sql<Mention & ConsentFacts & { takesPart: boolean }>(Prisma.sql`
    -- readMentionable: members_pkey and blocks_pkey, one row of each a mention
    select wanted.room_id as "roomId", wanted.author_id as "authorId", wanted.user_id as "userId",
      members.takes_part as "takesPart", ${consentColumns(Prisma.sql`wanted.author_id`)}
    from unnest(
      ${mentions.map((mention) => mention.roomId)}::uuid[],
      ${mentions.map((mention) => mention.authorId)}::uuid[],
      ${mentions.map((mention) => mention.userId)}::uuid[]
    ) as wanted (room_id, author_id, user_id)
    join members on members.room_id = wanted.room_id and members.user_id = wanted.user_id
    join users on users.id = wanted.user_id`)
  return new Set(rows.filter(isMentionable).map(mentionKey))
}

/** Whether a member can be mentioned: always when they take part in the room (without a block), else by their consent. */
function isMentionable({ takesPart, ...facts }: ConsentFacts & { takesPart: boolean }): boolean {
  return takesPart ? !facts.hasBlock : consents('mention', facts)
}

/** Inserts the mentions of messages. */
export async function insertMentions(
  sql: Sql,
  messages: readonly (Pick<Message, 'id' | 'roomId' | 'number'> & { userIds: readonly string[] })[],
): Promise<void> {
  const rows = messages.flatMap(({ id, roomId, number, userIds }) =>
    userIds.map((userId) => ({ messageId: id, userId, roomId, number })),
  )
  if (rows.length === 0) return
  await sql(Prisma.sql`
    -- insertMentions: one row a mention
    insert into mentions (message_id, user_id, room_id, number)
    select message_id, user_id, room_id, number
    from unnest(
      ${rows.map((row) => row.messageId)}::uuid[],
      ${rows.map((row) => row.userId)}::uuid[],
      ${rows.map((row) => row.roomId)}::uuid[],
      ${rows.map((row) => row.number)}::integer[]
    ) as added (message_id, user_id, room_id, number)`)
}

/** Reads the users whom messages mention: a list for each, in order of username. */
export async function readMentioned(sql: Sql, messageIds: readonly string[]): Promise<User[][]> {
  const rows = await sql<{ message_id: string } & WithAuthor>(Prisma.sql`
    -- readMentioned: mentions_pkey, as many rows as there are mentions, and users_pkey
    select mentions.message_id, ${authorColumns}
    from mentions
    join users on users.id = mentions.user_id
    where mentions.message_id = any(${messageIds}::uuid[])
    order by users.username, users.id`)
  const lists = new Map<string, User[]>(messageIds.map((id) => [id, []]))
  for (const row of rows) {
    const user = takeAuthor(row)
    if (user) lists.get(row.message_id)?.push(user)
  }
  return messageIds.map((id) => lists.get(id) ?? [])
}
