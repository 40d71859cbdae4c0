// Reads and writes of the tests of the replica, through the API, and who answered them.

import { expect } from 'vitest'
import type { Finding } from '../../src/health/findings.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, send } from './client.ts'

interface Node {
  number: number
  body: string
  deletedAt: string | null
  author: { displayName: string }
}

interface Page {
  readonly nodes: readonly Node[]
  readonly eventCursor: string
  readonly lastBody: string
}

/** Reads a page of a room, and its last message. */
export async function readPage(viewer: Client, roomId: string): Promise<Page> {
  const { room } = await viewer.call<{ room: { messages: Omit<Page, 'lastBody'>; lastMessage: { body: string } } }>(
    'query ($id: ID!) { room(id: $id) { messages(last: 50) { eventCursor nodes { number body deletedAt author { displayName } } } lastMessage { body } } }',
    { id: roomId },
  )
  return { ...room.messages, lastBody: room.lastMessage.body }
}

/** Searches all rooms. Returns the bodies and the names of their authors. */
export async function search(viewer: Client, query: string): Promise<string[]> {
  const { searchMessages } = await viewer.call<{ searchMessages: { nodes: Node[] } }>(
    'query ($query: String!) { searchMessages(query: $query) { nodes { body author { displayName } } } }',
    { query },
  )
  return searchMessages.nodes.map(({ body, author }) => `${body}, ${author.displayName}`)
}

/** Reads until the replica has answered, and returns the cursor of that page. */
export async function warmUp(server: KabarServer, viewer: Client, roomId: string): Promise<string> {
  const { replica_reads_total: counts } = server.parts.metrics.counts
  const before = counts.replica
  let cursor = ''
  const read = async () => {
    cursor = (await readPage(viewer, roomId)).eventCursor
    return counts.replica
  }
  await expect.poll(read, { interval: 10 }).toBeGreaterThan(before)
  return cursor
}

/** Makes a room with messages, and reads it until the replica has answered. */
export async function warmRoom(server: KabarServer, bodies: readonly string[]) {
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  for (const body of bodies) await send(ada, roomId, body)
  await warmUp(server, ada, roomId)
  return { ada, roomId }
}

/** Tells who answered what is read meanwhile. */
export async function answersTo(server: KabarServer, read: () => Promise<unknown>): Promise<string[]> {
  const { replica_reads_total: counts } = server.parts.metrics.counts
  const before = { ...counts }
  await read()
  const moved = Object.entries(counts).filter(([name, count]) => count > before[name as keyof typeof before])
  return moved.map(([name]) => name)
}

/** Collects what a room has told since a cursor, up to Synced. */
export async function catchUp(viewer: Client, roomId: string, after: string): Promise<string[]> {
  const stream = viewer.follow<{ roomEvents: { __typename: string; message?: { body: string } } }>(
    `subscription ($roomId: ID!, $after: EventCursor) {
      roomEvents(roomId: $roomId, after: $after) {
        __typename ... on MessageSent { message { body } } ... on MessageEdited { message { body } }
      }
    }`,
    { roomId, after },
  )
  for (const said: string[] = []; ; ) {
    const { __typename: type, message } = (await stream.nextData()).roomEvents
    if (type === 'Synced') return said
    said.push(message ? `${type} ${message.body}` : type)
  }
}

/** Edits a message. */
export const edit = (author: Client, messageId: string, body: string) =>
  author.call(
    'mutation ($id: ID!, $body: String!) { editMessage(input: { messageId: $id, body: $body }) { message { id } } }',
    {
      id: messageId,
      body,
    },
  )
/** Deletes a message. */
export const remove = (author: Client, messageId: string) =>
  author.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id: messageId })
/** Changes the display name of a user. */
export const rename = (user: Client, name: string) =>
  user.call('mutation ($name: String!) { updateProfile(input: { displayName: $name }) { viewer { user { id } } } }', {
    name,
  })

/** Asks a server on this machine whether it can serve, and what it says of its replica. */
export async function readyOf({ url }: KabarServer): Promise<{ status: number; finding: Finding | undefined }> {
  const response = await fetch(`${url}/readyz`)
  const { findings } = (await response.json()) as { findings: Finding[] }
  return { status: response.status, finding: findings.find(({ name }) => name === 'replica') }
}
