// The operations of the load, and how their answers become what the checker reads.

import { decodeCursor } from '../src/feed/cursor.ts'
import type { EventEntry, MemberView, MessageView, Place, SnapshotEntry } from './history.ts'

/** Signs a guest in. */
export const signIn = `mutation ($name: String!) {
  signInAsGuest(input: { displayName: $name }) { accessToken viewer { user { id } } }
}`

/** The answer of `signIn`. */
export interface SignedIn {
  readonly signInAsGuest: { readonly accessToken: string; readonly viewer: { readonly user: { readonly id: string } } }
}

/** Makes an open room. */
export const createRoom = `mutation ($name: String!) {
  createRoom(input: { name: $name, access: OPEN }) { room { id } }
}`

/** The answer of `createRoom`. */
export interface CreatedRoom {
  readonly createRoom: { readonly room: { readonly id: string } }
}

/** Adds users to a room. */
export const addMembers = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { room { id } }
}`

/** Takes a user out of a room. */
export const removeMember = `mutation ($roomId: ID!, $userId: ID!) {
  removeMember(input: { roomId: $roomId, userId: $userId }) { room { id } }
}`

/** Enters an open room. */
export const joinRoom = 'mutation ($roomId: ID!) { joinRoom(input: { roomId: $roomId }) { room { id } } }'

/** Leaves a room. */
export const leaveRoom = 'mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }'

/** Sends a message. */
export const sendMessage = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id number cursor } }
}`

/** The answer of `sendMessage`. */
export interface SentMessage {
  readonly sendMessage: {
    readonly message: { readonly id: string; readonly number: number; readonly cursor: string }
  }
}

/** Edits a message. */
export const editMessage = `mutation ($messageId: ID!, $body: String!) {
  editMessage(input: { messageId: $messageId, body: $body }) { message { id } }
}`

/** Deletes a message. */
export const deleteMessage = `mutation ($messageId: ID!) {
  deleteMessage(input: { messageId: $messageId }) { message { id } }
}`

const messageFields = 'message { id number body deletedAt }'
const memberFields = 'user { id } membership { role }'

/** Reads a room: its place in the feed, its newest messages, its members. */
export const readRoom = `query ($roomId: ID!) {
  room(id: $roomId) {
    eventCursor
    messages(last: 100) { nodes { id number body deletedAt } }
    members(first: 100) { nodes { user { id } role } }
  }
}`

/** Follows a room. */
export const followRoom = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename cursor
    ... on MessageSent { ${messageFields} }
    ... on MessageEdited { ${messageFields} }
    ... on MessageDeleted { ${messageFields} }
    ... on MemberJoined { ${memberFields} }
    ... on MemberUpdated { ${memberFields} }
    ... on MemberLeft { user { id } }
  }
}`

interface MessageNode {
  readonly id: string
  readonly number: number
  readonly body: string
  readonly deletedAt: string | null
}

/** The answer of `readRoom`. */
export interface ReadRoom {
  readonly room: {
    readonly eventCursor: string
    readonly messages: { readonly nodes: readonly MessageNode[] }
    readonly members: { readonly nodes: readonly { readonly user: { readonly id: string }; readonly role: string }[] }
  } | null
}

/** One event of `followRoom`. */
export interface FollowedEvent {
  readonly __typename: string
  readonly cursor: string
  readonly message?: MessageNode
  readonly user?: { readonly id: string }
  readonly membership?: { readonly role: string } | null
}

/** Reads the place in a cursor. Clients may not do this; the checker does. */
function placeOf(cursor: string): Place {
  const place = decodeCursor(cursor)
  if (!place || place.chain === null) throw new Error(`${cursor} is not a cursor`)
  return { seq: place.seq, chain: place.chain }
}

/** Makes the checker's view of a room that was read. */
export function snapshotOf(room: NonNullable<ReadRoom['room']>): SnapshotEntry {
  return {
    kind: 'snapshot',
    ...placeOf(room.eventCursor),
    messages: room.messages.nodes.map(toMessage),
    members: room.members.nodes.map(({ user, role }): MemberView => ({ userId: user.id, role })),
  }
}

/** Makes the checker's view of an event. */
export function entryOf({ __typename: type, cursor, message, user, membership }: FollowedEvent): EventEntry {
  return {
    kind: 'event',
    type,
    ...placeOf(cursor),
    ...(message && { message: toMessage(message) }),
    ...(user && { member: { userId: user.id, role: membership?.role ?? null } }),
  }
}

function toMessage({ id, number, body, deletedAt }: MessageNode): MessageView {
  return { id, number, body, deleted: deletedAt !== null }
}
