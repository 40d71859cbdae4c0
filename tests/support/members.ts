import type { Db } from '../../src/database/client.ts'
import { splitId } from '../../src/input/ids.ts'
import { type Client, guest } from './client.ts'
import { test as base } from './server.ts'

/** A `test` with Prisma on the database of the servers. */
export const test = base.extend('db', { scope: 'file' }, async ({ one }) => one.parts.db)

export const joinRoom = `mutation ($input: JoinRoomInput!) {
  joinRoom(input: $input) { membership { role unreadCount lastReadNumber user { id } } room { id memberCount } }
}`
export const leaveRoom = 'mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }'
export const addMembers = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { memberships { role user { id } } room { memberCount } }
}`
export const removeMember = `mutation ($roomId: ID!, $userId: ID!) {
  removeMember(input: { roomId: $roomId, userId: $userId }) { room { memberCount } user { id } }
}`
export const unknown = { room: 'room_01h455vb4pex5vsknk084sn02q', user: 'user_01h455vb4pex5vsknk084sn02q' }

export function uuidOf(id: string): string {
  const parsed = splitId(id)
  if (!parsed) throw new Error(`${id} is not an id`)
  return parsed.uuid
}

export const keyOf = (roomId: string, { userId }: Client) => ({
  roomId_userId: { roomId: uuidOf(roomId), userId: uuidOf(userId) },
})

export async function make(owner: Client, input: Record<string, unknown>): Promise<{ id: string; code: string }> {
  const data = await owner.call<{ createRoom: { room: { id: string; code: string } } }>(
    'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { id code } } }',
    { input: { name: 'Lobby', ...input } },
  )
  return data.createRoom.room
}

export async function openDirect(client: Client, { userId }: Client): Promise<string> {
  const data = await client.call<{ openDirectRoom: { room: { id: string } } }>(
    'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }',
    { userId },
  )
  return data.openDirectRoom.room.id
}

/** The events of a topic, as `KIND subject`. */
export async function eventsOf(db: Db, id: string): Promise<string[]> {
  const events = await db.event.findMany({ where: { topicId: uuidOf(id) }, orderBy: { seq: 'asc' } })
  return events.map(({ kind, subject }) => `${kind} ${subject}`)
}

/** Returns the counts that a room reports, and those of its rows. */
export async function countsOf(db: Db, roomId: string): Promise<{ memberCount: number; rows: number }> {
  const id = uuidOf(roomId)
  const { memberCount } = await db.room.findUniqueOrThrow({ where: { id } })
  return { memberCount, rows: await db.member.count({ where: { roomId: id } }) }
}

export const setRole = (db: Db, roomId: string, client: Client, role: 'ADMIN' | 'MEMBER') =>
  db.member.update({ where: keyOf(roomId, client), data: { role } })

export const ban = (db: Db, roomId: string, client: Client, expiresAt: Date | null = null) =>
  db.ban.create({
    data: { roomId: uuidOf(roomId), userId: uuidOf(client.userId), createdAt: new Date(0), expiresAt },
  })

export const guests = (server: { url: string }, count: number) =>
  Promise.all(Array.from({ length: count }, () => guest(server)))
