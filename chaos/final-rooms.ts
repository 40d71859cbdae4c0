import { formatId, splitId } from '../src/input/ids.ts'
import type { FinalRoom } from './history.ts'
import type { Postgres } from './postgres.ts'

interface TopicRow {
  head: string
}

interface ChainRow {
  seq: string
  chain: string
}

interface MessageRow {
  id: string
  number: number
  body: string | null
  deleted: boolean
  authorId: string | null
  nonce: string | null
}

interface MoveRow {
  seq: string
  userId: string
  joined: boolean
}

interface VersionRow {
  seq: string
  messageId: string
  body: string
}

interface MemberRow {
  userId: string
  role: string
}

/** Reads rooms as the database has them: the truth that everybody is measured by. */
export function readFinalRooms(postgres: Postgres, roomIds: readonly string[]): Promise<FinalRoom[]> {
  return Promise.all(roomIds.map((roomId) => readFinalRoom(postgres, roomId)))
}

async function readFinalRoom({ query }: Postgres, roomId: string): Promise<FinalRoom> {
  const uuid = [splitId(roomId)?.uuid]
  const [[topic], chains, messages, moves, members, versions] = await Promise.all([
    query<TopicRow>('select head from topics where id = $1', uuid),
    query<ChainRow>(`select seq, encode(chain, 'hex') as chain from events where topic_id = $1`, uuid),
    query<MessageRow>(
      `select id, number, body, deleted_at is not null as deleted, author_id as "authorId", nonce
       from messages
       where room_id = $1
       order by number`,
      uuid,
    ),
    query<MoveRow>(
      `select seq, subject as "userId", kind = 'MEMBER_JOINED' as joined
       from events
       where topic_id = $1
         and kind in ('MEMBER_JOINED', 'MEMBER_LEFT', 'MEMBER_REMOVED', 'MEMBER_BANNED', 'MEMBER_DELETED')
       order by seq`,
      uuid,
    ),
    query<MemberRow>('select user_id as "userId", role from members where room_id = $1', uuid),
    // the nth edit of a message made of it what the next one replaced, or what it says now
    query<VersionRow>(
      `with edited as (
         select subject, seq, row_number() over (partition by subject order by seq) as nth
         from events
         where topic_id = $1 and kind = 'MESSAGE_EDITED'
       ), replaced as (
         select message_id, message_edits.body, row_number() over (partition by message_id order by message_edits.id) as nth
         from message_edits
         join messages on messages.id = message_id
         where room_id = $1
       )
       select edited.seq, subject as "messageId", coalesce(replaced.body, messages.body) as body
       from edited
       join messages on messages.id = subject
       left join replaced on replaced.message_id = subject and replaced.nth = edited.nth + 1
       where deleted_at is null
       order by edited.seq`,
      uuid,
    ),
  ])
  const user = (id: string) => formatId('User', id)
  return {
    roomId,
    head: Number(topic?.head ?? -1),
    chains: new Map(chains.map(({ seq, chain }) => [Number(seq), chain])),
    messages: messages.map((message) => ({
      ...message,
      id: formatId('Message', message.id),
      body: message.body ?? '',
      authorId: message.authorId && user(message.authorId),
    })),
    members: members.map(({ userId, role }) => ({ userId: user(userId), role })),
    versions: versions.map(({ seq, messageId, body }) => {
      return { seq: Number(seq), messageId: formatId('Message', messageId), body }
    }),
    moves: moves.map(({ seq, userId, joined }) => ({ seq: Number(seq), userId: user(userId), joined })),
  }
}
