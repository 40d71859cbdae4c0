import { freshName, newUser } from './accounts.ts'
import { Client } from './client.ts'

/** Somebody who can be mentioned. */
export async function member(server: { url: string }, username = freshName()): Promise<Client & { name: string }> {
  const { accessToken, refreshToken, viewer } = await newUser(server, { username })
  return new Client(server, { token: accessToken, refreshToken, userId: viewer.user.id, name: username })
}

/** Sends a message, and asks whom it mentions. */
export const sendMutation = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id mentions { username } } }
}`

/** A message with mentions, as a mutation returns it. */
export interface Mentioning {
  message: { id: string; mentions: { username: string }[] }
}

/** Sends a message. Gives the names of those whom it mentions. */
export async function say(author: Client, roomId: string, body: string, nonce?: string) {
  const data = await author.call<{ sendMessage: Mentioning }>(sendMutation, { input: { roomId, body, nonce } })
  const { id, mentions } = data.sendMessage.message
  return { id, names: mentions.map(({ username }) => username) }
}

/** The unread mentions of a member of a room. */
export async function mentionCount(client: Client, id: string): Promise<number> {
  const { room } = await client.call<{ room: { viewerMembership: { mentionCount: number } } }>(
    'query ($id: ID!) { room(id: $id) { viewerMembership { mentionCount } } }',
    { id },
  )
  return room.viewerMembership.mentionCount
}
