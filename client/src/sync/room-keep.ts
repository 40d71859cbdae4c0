// The format in which a room is kept over reloads, and its version: the room's head in one record, its messages in one each, written in one transaction with the cursor.

import type { StoredMessage } from '../api/entities.ts'
import type { PersistedTables, TableChange } from '../persistence/persistence.ts'
import { hasNumber } from '../store/ranges.ts'
import { createRoomData, type RoomData } from '../store/room-data.ts'
import { addWants, noWants } from '../store/wants.ts'

/** The version of what is kept. What has another one is dropped, never migrated. */
const version = 4
const numberDigits = 10

/** The key of a message. */
function messageKey(roomId: string, number: number): string {
  return `${roomId} ${String(number).padStart(numberDigits, '0')}`
}

interface KeptHead {
  readonly version: number
  readonly viewerId: string
  readonly usedAt: number
  readonly cursor: string
  readonly held: RoomData['held']
  readonly membersAfter: string | null
  readonly wants: RoomData['wants']
  readonly room: RoomData['room']
  readonly viewer: RoomData['viewer']
  readonly pins: readonly [string, StoredMessage][]
  readonly quotes: RoomData['quotes'] extends Map<infer Key, infer Value> ? readonly [Key, Value][] : never
  readonly members: RoomData['members'] extends Map<infer Key, infer Value> ? readonly [Key, Value][] : never
  readonly users: RoomData['users'] extends Map<infer Key, infer Value> ? readonly [Key, Value][] : never
}

/** Returns the changes to write for a room. Everything that was written before is replaced where `isWhole`. */
function changesOf(data: RoomData, { isWhole }: { isWhole: boolean }): TableChange[] {
  if (data.cursor === null) return []
  const { roomId, viewerId, cursor, held, membersAfter, room, viewer } = data
  const wants = addWants(data.wants, data.wanted)
  const head: KeptHead = {
    ...{ version, viewerId, usedAt: Date.now(), cursor, held, membersAfter, room, viewer, wants },
    ...{ pins: [...data.pins], quotes: [...data.quotes], members: [...data.members], users: [...data.users] },
  }
  const numbers = isWhole ? data.messages.keys() : data.changed
  return [
    ...(isWhole ? [{ table: 'messages', prefix: `${roomId} ` } as const] : []),
    { table: 'rooms', key: roomId, value: head },
    ...[...numbers].map((number): TableChange => {
      return { table: 'messages', key: messageKey(roomId, number), value: data.messages.get(number) }
    }),
  ]
}

/** Returns the changes that delete a room. */
function forgetting(roomId: string): TableChange[] {
  return [
    { table: 'rooms', key: roomId, value: undefined },
    { table: 'messages', prefix: `${roomId} ` },
  ]
}

/** Reads a room as it was kept. Null where another version or account wrote it. */
async function loadRoom(
  tables: PersistedTables,
  { roomId, viewerId }: { roomId: string; viewerId: string },
): Promise<RoomData | null> {
  const head = (await tables.get('rooms', roomId)) as KeptHead | undefined
  if (!head || head.version !== version || head.viewerId !== viewerId) return null
  const rows = await tables.all('messages', `${roomId} `)
  const data = createRoomData(roomId, viewerId)
  const { cursor, held, membersAfter, room, viewer, wants } = head
  Object.assign(data, { cursor, held, membersAfter, room, viewer, wants: addWants(noWants, wants) })
  fill(data.pins, head.pins)
  fill(data.quotes, head.quotes)
  fill(data.members, head.members)
  fill(data.users, head.users)
  for (const { value } of rows) {
    const message = value as StoredMessage
    if (!hasNumber(held, message.number)) continue
    data.messages.set(message.number, message)
    data.numbers.set(message.id, message.number)
  }
  const isWhole = held.every(([from, to]) => data.messages.has(from) && data.messages.has(to))
  return isWhole ? data : null
}

function fill<Key, Value>(map: Map<Key, Value>, entries: readonly (readonly [Key, Value])[]): void {
  for (const [key, value] of entries) map.set(key, value)
}

/** Keeps rooms in the tables of an account. */
export const roomKeeper = { changesOf, forgetting, loadRoom }
