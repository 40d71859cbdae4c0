import { expect } from 'vitest'
import type { KabarServer } from '../../src/server.ts'
import type { Client, Stream } from './client.ts'

/** A subscription that makes its user present. */
export const anything = 'subscription { viewerEvents { __typename } }'

const presenceEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) { __typename ... on PresenceChanged { user { displayName presence { status } } } }
}`

/** A presence as a client sees it. */
export interface Presence {
  status: string
  lastSeenAt: string | null
}

/** An item of `followLive`. */
export interface Events {
  roomEvents: { __typename: string; user?: { displayName: string; presence: { status: string } } }
}

/** How one user sees others. */
export async function presencesOf(viewer: Client, users: readonly Client[]): Promise<Presence[]> {
  const { nodes } = await viewer.call<{ nodes: { presence: Presence }[] }>(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { presence { status lastSeenAt } } } }',
    { ids: users.map(({ userId }) => userId) },
  )
  return nodes.map(({ presence }) => presence)
}

/** The statuses of users, as one user sees them. */
export const statusesOf = async (viewer: Client, users: readonly Client[]) =>
  (await presencesOf(viewer, users)).map(({ status }) => status)

/** Connects a user, and waits until that is known. */
export async function connect(client: Client): Promise<Stream<Record<string, unknown>>> {
  const stream = client.follow(anything)
  await stream.nextData()
  await (client.server as KabarServer).parts.presenceTracker.settle()
  return stream
}

/** Follows a room, and waits until the stream is live. */
export async function followLive(client: Client, roomId: string): Promise<Stream<Events>> {
  const stream = client.follow<Events>(presenceEvents, { roomId })
  expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  return stream
}

/** The next change of presence of somebody, whatever is told of others before. */
export async function nextOf(stream: Stream<Events>, { name }: Client): Promise<string> {
  for (;;) {
    const { user } = (await stream.nextData()).roomEvents
    if (user?.displayName === name) return user.presence.status
  }
}
