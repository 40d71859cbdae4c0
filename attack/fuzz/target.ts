import { ask } from '../../chaos/client.ts'
import {
  type CreatedRoom,
  createRoom,
  type SentMessage,
  type SignedIn,
  sendMessage,
  signIn,
} from '../../chaos/operations.ts'
import type { Person } from '../../chaos/world.ts'
import type { Known } from '../../tests/support/hostile-values.ts'
import { loopback } from '../loopback.ts'

/** The target of the cases of a fuzz: a user with a room and messages. */
export interface Target {
  readonly url: string
  readonly person: Person
  readonly known: Known
  /** The address that all of it comes from. */
  readonly address: string
}

/** No other client comes from there. */
const fuzzAddress = loopback(70)
const answerMs = 20_000

/** Makes a user with a room: what a case has deleted is there again for the next. */
export async function makeTarget(url: string): Promise<Target> {
  const insist = async <Data>(query: string, variables: Record<string, unknown>, token?: string): Promise<Data> => {
    const answer = await ask<Data>(url, { query, variables, ...(token && { token }) }, answerMs)
    if (answer.kind !== 'done') throw new Error(`${query} failed: ${answer.code}`)
    return answer.data
  }
  const { signInAsGuest } = await insist<SignedIn>(signIn, { name: 'Fuzz' })
  const { accessToken: token, viewer } = signInAsGuest
  const { userId } = { userId: viewer.user.id }
  const { createRoom: made } = await insist<CreatedRoom>(createRoom, { name: 'Fuzz' }, token)
  const roomId = made.room.id
  const input = { roomId, body: 'a message' }
  const { sendMessage: sent } = await insist<SentMessage>(sendMessage, { input }, token)
  const { id: messageId, cursor } = sent.message
  return {
    url,
    person: { userId, token },
    known: { roomId, cursor, ids: [roomId, messageId, userId] },
    address: fuzzAddress,
  }
}
