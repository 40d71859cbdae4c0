// Unread counts, and the marks that change them.

import { expect } from 'vitest'
import type { Client } from './client.ts'

/** The unread counts of a viewer. */
interface Counts {
  unreadCount: number
  unreadCountOfAll: number
  memberships: { nodes: { unreadCount: number; unreadFrom: number | null; lastReadNumber: number }[] }
}

/** Reads the unread counts of a viewer. */
export async function countsOf(client: Client): Promise<Counts> {
  const query = `{ viewer { unreadCount unreadCountOfAll memberships { nodes { unreadCount unreadFrom lastReadNumber } } } }`
  return (await client.call<{ viewer: Counts }>(query)).viewer
}

/** Reads the unread count of a room from the three fields that have it. They must agree. */
export async function unreadOf(client: Client): Promise<number> {
  const { unreadCount, unreadCountOfAll, memberships } = await countsOf(client)
  expect([unreadCountOfAll, memberships.nodes[0]?.unreadCount]).toEqual([unreadCount, unreadCount])
  return unreadCount
}

/** Marks messages as read, up to a number. */
export const read = (client: Client, roomId: string, number: number) =>
  client.call(
    'mutation ($roomId: ID!, $number: Int!) { markRead(input: { roomId: $roomId, number: $number }) { room { id } } }',
    { roomId, number },
  )
/** Marks messages as delivered, up to a number. */
export const deliver = (client: Client, roomId: string, number: number) =>
  client.call(
    'mutation ($roomId: ID!, $number: Int!) { markDelivered(input: { roomId: $roomId, number: $number }) { room { id } } }',
    { roomId, number },
  )
/** Marks messages as unread, from a number on. */
export const unread = (client: Client, roomId: string, number: number) =>
  client.call(
    'mutation ($roomId: ID!, $number: Int!) { markUnread(input: { roomId: $roomId, number: $number }) { room { id } } }',
    { roomId, number },
  )
