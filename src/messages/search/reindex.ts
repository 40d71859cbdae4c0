// Indexes messages that have no terms of the present rules: those that other programs inserted, and all after an upgrade
// that changes how words are split.

import { searchLimits } from '../../config/search.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type Searched, termsOf } from './terms.ts'

/**
 * The version of the rules that split words.
 *
 * With another one, a migration replaces messages_unindexed_idx, which has the number in its condition.
 */
export const termsVersion = Prisma.raw('1')

/** Creates the chore that indexes messages: see `indexMessages`. */
export const indexChore = ({ sql }: { sql: Sql }): Chore => ({
  name: 'search index',
  everyMs: searchLimits.indexEveryMs,
  run: async (signal) => void (await indexMessages(sql, signal)),
})

/**
 * Indexes all messages that wait for it, oldest first.
 *
 * It can be interrupted anywhere, and continues with the messages that are left. Returns the number of indexed messages.
 */
export function indexMessages(sql: Sql, signal: AbortSignal = new AbortController().signal): Promise<number> {
  const { messagesPerWriteMax: take } = searchLimits
  return repeat(
    async () => {
      const due = await readUnindexed(sql, take)
      await writeTerms(sql, due)
      return due.length
    },
    { take, signal },
  )
}

interface Unindexed extends Searched {
  readonly id: string
  readonly body: string
}

/** Reads messages that have to be indexed, with their files and mentions. */
function readUnindexed(sql: Sql, take: number): Promise<Unindexed[]> {
  return sql<Unindexed>(Prisma.sql`
    -- readUnindexed: messages_unindexed_idx, take rows; media_message_id_position_idx and mentions_pkey
    select id, body,
      coalesce((
        select json_agg(json_build_object('name', name, 'kind', kind) order by position)
        from media
        where media.message_id = due.id
      ), '[]'::json) as files,
      array(
        select user_id::text from mentions where mentions.message_id = due.id and not taken_back
      ) as "mentionedIds",
      exists (select from group_mentions where message_id = due.id and counts_for_all) as "mentionsAll"
    from (
      select id, body
      from messages
      where terms_version < ${termsVersion} and body is not null
      order by id
      limit ${take}
    ) as due`)
}

/**
 * Writes the terms of messages.
 *
 * A message whose body has changed in the meantime keeps the terms that came with the change.
 */
export async function writeTerms(sql: Sql, messages: readonly Unindexed[]): Promise<void> {
  if (messages.length === 0) return
  await sql(Prisma.sql`
    -- writeTerms: messages_pkey, one row a message
    update messages
    set terms = changed.terms::tsvector, terms_version = ${termsVersion}
    from unnest(
      ${messages.map(({ id }) => id)}::uuid[],
      ${messages.map(({ body }) => body)}::text[],
      ${messages.map(termsOf)}::text[]
    ) as changed (id, body, terms)
    where messages.id = changed.id and messages.body = changed.body`)
}
