import type { Sql } from '../../database/sql.ts'
import { Prisma, type SavedMessage } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Selects a page of the messages that a user has saved. */
export interface SavedQuery {
  readonly userId: string
  readonly take: number
  /** The saved message after which the page begins. */
  readonly after: Keyset | null
}

/** Reads the messages that a user has saved and may still read. Those saved last come first. */
export function readSaved(sql: Sql, { userId, take, after }: SavedQuery): Promise<SavedMessage[]> {
  return sql<SavedMessage>(Prisma.sql`
    -- readSaved: saved_messages_user_id_saved_at_message_id_idx, take rows and those that are left out; messages_pkey, members_pkey
    select saved.user_id as "userId", saved.message_id as "messageId", saved.saved_at as "savedAt"
    from saved_messages as saved
    join messages on messages.id = saved.message_id
    join rooms on rooms.id = messages.room_id and rooms.deleted_at is null
    join members on members.room_id = messages.room_id and members.user_id = saved.user_id
    where saved.user_id = ${userId}::uuid and messages.number > members.history_from
      ${beyond(Prisma.sql`(saved.saved_at, saved.message_id) <`, after)}
    order by saved.saved_at desc, saved.message_id desc
    limit ${take}`)
}

/** Tells which messages a user has saved. In the order of the ids. */
export async function areSaved(sql: Sql, userId: string, messageIds: readonly string[]): Promise<boolean[]> {
  const rows = await sql<{ message_id: string }>(Prisma.sql`
    -- areSaved: saved_messages_pkey, one row a message; for every page
    select message_id
    from saved_messages
    where user_id = ${userId}::uuid and message_id = any(${messageIds}::uuid[])`)
  const saved = new Set(rows.map((row) => row.message_id))
  return messageIds.map((id) => saved.has(id))
}
