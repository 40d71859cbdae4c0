import type { FinalRoom, History, SendRecord, StoredMessage, Violation } from './history.ts'
import { checkObservation } from './observation-checker.ts'

/**
 * Judges a run. Returns every promise that was broken; nothing when all were kept.
 *
 * It knows three outcomes: what was acknowledged is there exactly once, what was refused is not there, and what got no
 * answer is there once or not at all.
 */
export function checkHistory(history: History): Violation[] {
  const byRoom = new Map(history.rooms.map((room) => [room.roomId, room]))
  return [
    ...history.rooms.flatMap(checkNumbers),
    ...checkSends(history.sends, byRoom),
    ...checkOrigin(history),
    ...checkOrder(history.sends),
    ...checkEdits(history),
    ...history.observations.flatMap((observation) => {
      const room = byRoom.get(observation.roomId)
      const lost: Violation = { kind: 'lost', what: `room ${observation.roomId} is gone` }
      return room ? checkObservation(observation, room, history.wasPutBack) : [lost]
    }),
  ]
}

function checkNumbers({ roomId, messages }: FinalRoom): Violation[] {
  const wrong = messages.findIndex(({ number }, index) => number !== index + 1)
  if (wrong < 0) return []
  const number = messages[wrong]?.number ?? 0
  const kind = number > wrong + 1 ? 'lost' : 'repeated'
  return [{ kind, what: `message ${wrong + 1} of room ${roomId} has the number ${number}` }]
}

const keyOf = ({ roomId, authorId, nonce }: { roomId: string; authorId: string | null; nonce: string | null }) =>
  `${roomId} ${authorId} ${nonce}`

function messagesByKey(rooms: Iterable<FinalRoom>): Map<string, StoredMessage[]> {
  const found = new Map<string, StoredMessage[]>()
  for (const { roomId, messages } of rooms) {
    for (const message of messages) {
      const key = keyOf({ ...message, roomId })
      found.set(key, [...(found.get(key) ?? []), message])
    }
  }
  return found
}

function checkSends(sends: readonly SendRecord[], rooms: ReadonlyMap<string, FinalRoom>): Violation[] {
  const stored = messagesByKey(rooms.values())
  return sends.flatMap((send): Violation[] => {
    const found = stored.get(keyOf(send)) ?? []
    const [first] = found
    const what = `message ${send.nonce} (${send.outcome}) of room ${send.roomId}`
    if (found.length > 1) return [{ kind: 'repeated', what: `${what} is there ${found.length} times` }]
    if (send.outcome === 'failed') return first ? [{ kind: 'invented', what: `${what} is there` }] : []
    if (send.outcome === 'unknown') return []
    if (!first) return [{ kind: 'lost', what: `${what} is not there` }]
    if (first.id === send.messageId && first.number === send.number) return []
    const answered = `was answered as ${send.messageId}, number ${send.number}`
    return [{ kind: 'different', what: `${what} ${answered}, and is ${first.id}, number ${first.number}` }]
  })
}

/** Nothing is in a room that nobody wanted to send, but for what the server says itself. */
function checkOrigin({ sends, rooms }: History): Violation[] {
  const sent = new Set(sends.map(keyOf))
  return rooms.flatMap(({ roomId, messages }) =>
    messages.flatMap((message): Violation[] => {
      if (message.authorId === null || sent.has(keyOf({ ...message, roomId }))) return []
      return [{ kind: 'invented', what: `nobody sent message ${message.number} of room ${roomId}` }]
    }),
  )
}

/** Checks that a send answered before another began has the lower number. */
function checkOrder(sends: readonly SendRecord[]): Violation[] {
  const acked = sends.filter(({ outcome }) => outcome === 'acked')
  const byEnd = acked.toSorted((a, b) => a.ended - b.ended)
  const violations: Violation[] = []
  const highest = new Map<string, SendRecord>()
  let ended = 0
  for (const send of acked.toSorted((a, b) => a.began - b.began)) {
    for (let next = byEnd[ended]; next && next.ended < send.began; next = byEnd[++ended]) {
      if ((next.number ?? 0) > (highest.get(next.roomId)?.number ?? 0)) highest.set(next.roomId, next)
    }
    const before = highest.get(send.roomId)
    if ((before?.number ?? 0) < (send.number ?? 0)) continue
    const what = `${send.nonce} was begun after ${before?.nonce} was answered, and has the number ${send.number}`
    violations.push({ kind: 'out of order', what: `${what} after ${before?.number}` })
  }
  return violations
}

/**
 * The last acknowledged edit is what a message says.
 *
 * One without an answer may be done at any time, also after later ones.
 */
function checkEdits({ edits, sends, rooms }: History): Violation[] {
  const stored = new Map(rooms.flatMap(({ messages }) => messages.map((message) => [message.id, message] as const)))
  const original = new Map(sends.map((send) => [send.messageId, send.body]))
  return [...Map.groupBy(edits, ({ messageId }) => messageId)].flatMap(([messageId, list]): Violation[] => {
    const message = stored.get(messageId)
    // a lost message is told elsewhere
    if (!message) return []
    const last = list.findLast(({ outcome }) => outcome === 'acked')
    const allowed = new Set<string | null | undefined>([
      last ? last.body : original.get(messageId),
      ...list.filter(({ outcome }) => outcome === 'unknown').map(({ body }) => body),
    ])
    // a deletion is final
    if (list.some(({ outcome, body }) => outcome === 'acked' && body === null)) {
      if (!message.deleted) return [{ kind: 'lost', what: `the deletion of message ${messageId}` }]
      return []
    }
    if (allowed.has(message.deleted ? null : message.body)) return []
    return [{ kind: 'lost', what: `the last edit of message ${messageId}, which says ${message.body}` }]
  })
}
