// Marks of members, by the mutations that make them.

import { type Client, send } from './client.ts'

const markOf = (name: 'markRead' | 'markDelivered') => `mutation ($roomId: ID!, $number: Int!) {
  ${name}(input: { roomId: $roomId, number: $number }) {
    membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount } room { id }
  }
}`
export const markRead = markOf('markRead')
export const markDelivered = markOf('markDelivered')

export interface Marks {
  lastReadNumber: number
  lastDeliveredNumber: number
  unreadCount: number
  mentionCount: number
}

export async function mark(
  client: Client,
  roomId: string,
  name: 'markRead' | 'markDelivered',
  number: number,
): Promise<Marks> {
  const data = await client.call<Record<string, { membership: Marks }>>(
    name === 'markRead' ? markRead : markDelivered,
    {
      roomId,
      number,
    },
  )
  const membership = data[name]?.membership
  if (!membership) throw new Error('no membership')
  return membership
}

export async function sendMany(author: Client, roomId: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await send(author, roomId, `message ${number}`)
}
