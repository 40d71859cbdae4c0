import { formatId, splitId } from '../src/input/ids.ts'
import type { FinalRoom } from './history.ts'
import type { Postgres } from './postgres.ts'

interface TopicRow {
  epoch: number
  head: string
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
  const [[topic], messages, moves, members] = await Promise.all([
    query<TopicRow>('select epoch, head from topics where id = $1', uuid),
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
  ])
  const user = (id: string) => formatId('User', id)
  return {
    roomId,
    epoch: topic?.epoch ?? -1,
    head: Number(topic?.head ?? -1),
    messages: messages.map((message) => ({
      ...message,
      id: formatId('Message', message.id),
      body: message.body ?? '',
      authorId: message.authorId && user(message.authorId),
    })),
    members: members.map(({ userId, role }) => ({ userId: user(userId), role })),
    moves: moves.map(({ seq, userId, joined }) => ({ seq: Number(seq), userId: user(userId), joined })),
  }
}
