import type { StoredMessage } from '../api/entities.ts'
import type { RoomData } from './room-data.ts'

/** The parts of a digest, in this order. */
export const digestParts = ['BODY', 'PINS', 'REACTIONS'] as const

const version = 'kabar-digest-1'
const hashBytes = 16

/** Makes the digest of messages that are held, as `Room.digest` does. */
export async function digestOf(
  { messages }: Pick<RoomData, 'messages'>,
  [from, to]: readonly [number, number],
): Promise<string> {
  const lines = [version]
  for (let number = from; number <= to; number++) {
    const message = messages.get(number)
    if (message) lines.push(lineOf(message))
  }
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).subarray(0, hashBytes)
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function lineOf({ number, id, kind, deletedAt, body, action, editedAt, pinnedAt, reactions }: StoredMessage): string {
  const counts = reactions.map(({ emoji, count }) => [emoji, count] as const)
  counts.sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([number, id, kind, deletedAt, action ?? body, editedAt, pinnedAt, counts])
}
