import { type ConsentFacts, consentColumns, consents } from '../../access/consent.ts'
import { limits } from '../../config/config.ts'
import type { Sql } from '../../database/sql.ts'
import { type GroupMention, type MentionKind, type Message, Prisma } from '../../generated/prisma/client.ts'
import { authorColumns, type PublicUser, takeAuthor, type WithAuthor } from '../../users/queries.ts'

/** A mention of a user by an author in a room. */
export interface Mention {
  readonly roomId: string
  readonly authorId: string
  readonly userId: string
  /** By name, as the author of the message that it replies to, or as one of a group. */
  readonly kind: MentionKind
}

/** An author who writes in a room. */
export interface Writer {
  readonly roomId: string
  readonly authorId: string
}

/** Formats the key of a mention for sets. */
export const mentionKey = ({ roomId, authorId, userId }: Mention) => `${roomId} ${authorId} ${userId}`

/**
 * The condition that an author is a member of the room.
 *
 * A write locks the topics of the users whom it mentions. Without the condition, a caller who is not a member could hold the
 * locks of members, and make them wait, by messages that are then refused.
 */
const isMember = ({ roomId, authorId }: Writer) => Prisma.sql`
  exists (select from members as own where own.room_id = ${roomId}::uuid and own.user_id = ${authorId}::uuid)`

type MentionableRow = ConsentFacts & { id: string; takesPart: boolean }

/** Finds the users with given names whom an author can mention, in that order. */
export async function readMentionableByNames(
  sql: Sql,
  { roomId, authorId, names }: Writer & { names: readonly string[] },
): Promise<string[]> {
  const rows = await sql<MentionableRow>(Prisma.sql`
    -- readMentionableByNames: users_username_key and members_pkey, one row of each a name; blocks_pkey and what consent
    -- reads, for at most mentionsLookedAtMax of them
    select users.id, found.takes_part as "takesPart", ${consentColumns(Prisma.sql`${authorId}::uuid`)}
    from (
      select users.id, members.takes_part, wanted.position
      from unnest(${names}::text[]) with ordinality as wanted (name, position)
      join users on users.username = wanted.name
      join members on members.room_id = ${roomId}::uuid and members.user_id = users.id
      where users.deleted_at is null and users.id <> ${authorId}::uuid and ${isMember({ roomId, authorId })}
      order by wanted.position
      limit ${limits.mentionsLookedAtMax}
    ) as found
    join users on users.id = found.id
    order by found.position`)
  return rows.filter(isMentionable).map((row) => row.id)
}

/** Finds the author of the message that another replies to. Null when they do not want to be mentioned by it, or cannot. */
export async function readRepliedAuthor(
  sql: Sql,
  { roomId, authorId, replyToId }: Writer & { replyToId: string },
): Promise<string | null> {
  const [row] = await sql<MentionableRow>(Prisma.sql`
    -- readRepliedAuthor: messages_pkey, users_pkey and members_pkey; for every reply
    select users.id, members.takes_part as "takesPart", ${consentColumns(Prisma.sql`${authorId}::uuid`)}
    from (select * from messages where id = ${replyToId}::uuid limit 1) as messages
    join users on users.id = messages.author_id
    join members on members.room_id = messages.room_id and members.user_id = users.id
    where messages.room_id = ${roomId}::uuid and messages.deleted_at is null
      and members.mentioned_by_replies and users.deleted_at is null
      and users.id <> ${authorId}::uuid and ${isMember({ roomId, authorId })}`)
  return row && isMentionable(row) ? row.id : null
}

/** A group of members, as far as each of them is notified. */
export interface GroupMembers {
  readonly userIds: string[]
  /** True if there are too many of them to notify each. */
  readonly isLarge: boolean
}

/** Finds the members whom a mention of a group notifies. Only admins and the owner find any. */
export async function readGroup(
  sql: Sql,
  { roomId, authorId, group }: Writer & { group: GroupMention['mentioned'] },
): Promise<GroupMembers> {
  const max = limits.groupMentionsMax
  const isHere = Prisma.sql`exists (
    select from user_presences
    join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
    join users on users.id = user_presences.user_id and users.shows_presence
    where user_presences.user_id = members.user_id
  )`
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readGroup: members_pkey, groupMentionsMax + 1 rows; for HERE as many as the room has members, user_presences_pkey
    -- and users_pkey
    select members.user_id as id
    from members
    where members.room_id = ${roomId}::uuid and members.user_id <> ${authorId}::uuid
      -- an early answer for members who may not: the rule is mentionEveryone of access/policy.ts
      and exists (
        select from members as own
        where own.room_id = ${roomId}::uuid and own.user_id = ${authorId}::uuid and own.role <> 'MEMBER'
      )
      ${group === 'HERE' ? Prisma.sql`and ${isHere}` : Prisma.empty}
    limit ${max + 1}`)
  const userIds = rows.map(({ id }) => id)
  if (userIds.length <= max) return { userIds, isLarge: false }
  return { userIds: group === 'HERE' ? userIds.slice(0, max) : [], isLarge: true }
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

/** Tells whether a member can be mentioned: always when they take part in the room (without a block), else by their consent. */
function isMentionable({ takesPart, ...facts }: ConsentFacts & { takesPart: boolean }): boolean {
  return takesPart ? !facts.hasBlock : consents('mention', facts)
}

/** A message, and whom it mentions. */
export interface Mentioning extends Pick<Message, 'id' | 'roomId' | 'number'> {
  readonly mentions: readonly Pick<Mention, 'userId' | 'kind'>[]
}

/** Inserts the mentions of messages, or restores those that an edit took back. */
export async function insertMentions(sql: Sql, messages: readonly Mentioning[]): Promise<void> {
  const rows = messages.flatMap(({ id, roomId, number, mentions }) =>
    mentions.map(({ userId, kind }) => ({ messageId: id, userId, roomId, number, kind })),
  )
  if (rows.length === 0) return
  await sql(Prisma.sql`
    -- insertMentions: mentions_pkey, one row a mention
    insert into mentions (message_id, user_id, room_id, number, kind)
    select message_id, user_id, room_id, number, kind
    from unnest(
      ${rows.map((row) => row.messageId)}::uuid[],
      ${rows.map((row) => row.userId)}::uuid[],
      ${rows.map((row) => row.roomId)}::uuid[],
      ${rows.map((row) => row.number)}::integer[],
      ${rows.map((row) => row.kind)}::mention_kind[]
    ) as added (message_id, user_id, room_id, number, kind)
    on conflict (message_id, user_id) do update set kind = excluded.kind, taken_back = false`)
}

/** Inserts the mentions of groups. */
export async function insertGroupMentions(sql: Sql, mentions: readonly GroupMention[]): Promise<void> {
  if (mentions.length === 0) return
  await sql(Prisma.sql`
    -- insertGroupMentions: one row a message
    insert into group_mentions (message_id, room_id, number, mentioned, counts_for_all)
    select message_id, room_id, number, mentioned, counts_for_all
    from unnest(
      ${mentions.map((mention) => mention.messageId)}::uuid[],
      ${mentions.map((mention) => mention.roomId)}::uuid[],
      ${mentions.map((mention) => mention.number)}::integer[],
      ${mentions.map((mention) => mention.mentioned)}::mentioned_group[],
      ${mentions.map((mention) => mention.countsForAll)}::boolean[]
    ) as added (message_id, room_id, number, mentioned, counts_for_all)`)
}

/** Reads the users mentioned by name or reply. A list per message, in order of username. */
export async function readMentioned(sql: Sql, messageIds: readonly string[]): Promise<PublicUser[][]> {
  const rows = await sql<{ message_id: string } & WithAuthor>(Prisma.sql`
    -- readMentioned: mentions_pkey, as many rows as there are mentions, and users_pkey; for every page
    select mentions.message_id, ${authorColumns}
    from mentions
    join users on users.id = mentions.user_id
    where mentions.message_id = any(${messageIds}::uuid[]) and mentions.kind <> 'GROUP' and not mentions.taken_back
    order by users.username, users.id`)
  const lists = new Map<string, PublicUser[]>(messageIds.map((id) => [id, []]))
  for (const row of rows) {
    const user = takeAuthor(row)
    if (user) lists.get(row.message_id)?.push(user)
  }
  return messageIds.map((id) => lists.get(id) ?? [])
}
