import type {
  EventEntry,
  FinalRoom,
  MemberView,
  MessageView,
  Observation,
  Place,
  SnapshotEntry,
  Violation,
} from './history.ts'

/** A room as an observer knows it: a snapshot and the events since. */
interface Known {
  seq: number
  chain: string
  /** The first message that the snapshot held: older ones are not known. */
  readonly since: number
  readonly messages: Map<number, MessageView>
  readonly members: Map<string, string | null>
}

/** Words about the stream, or about what may be lost: they take no number. */
const unnumbered = new Set([
  ...['Synced', 'ResyncRequired'],
  ...['TypingChanged', 'PresenceChanged', 'ReceiptAdvanced'],
])

/** Tells whether an event takes a number of its room. */
export function isNumbered({ type }: EventEntry): boolean {
  return !unnumbered.has(type)
}

/**
 * Judges what one observer has seen of its room.
 *
 * Events come in steps of one, who has seen what was lost is told so and nobody else is, nothing comes after the observer's own removal nor shows what was written after it, and
 * snapshot + events = the room.
 */
export function checkObservation(observation: Observation, room: FinalRoom, wasPutBack: boolean): Violation[] {
  const { name, userId, entries } = observation
  const violations: Violation[] = []
  const fault = (kind: Violation['kind'], what: string) => violations.push({ kind, what: `${name}: ${what}` })
  let known: Known | null = null
  for (const entry of entries) {
    if (entry.kind === 'snapshot') known = knownFrom(entry)
    else if (entry.kind !== 'event') {
      if (entry.kind === 'resync' && known && isKept(room, known))
        fault('different', `resync at ${known.seq} for no reason`)
      known = null
    } else {
      const { type, seq, chain } = entry
      // who was a member in a history that was lost is not known
      const kept = isKept(room, entry)
      if (!kept && !wasPutBack) fault('different', `${type} ${seq} is of another history`)
      if (kept && isNumbered(entry) && !isMemberAt(room, userId, seq))
        fault('leaked', `${type} ${seq} after its removal`)
      const written = kept ? writtenAfter(room, userId, entry) : null
      if (written) fault('leaked', `${type} ${seq} shows what was written at ${written}, after its removal`)
      if (!known) {
        if (isNumbered(entry)) fault('invented', `${type} ${seq} without a place`)
        continue
      }
      const { seq: before } = known
      if (kept && !isKept(room, known)) fault('lost', `${type} ${seq} after ${before}, which was lost, without a word`)
      if (isNumbered(entry) && seq <= before) fault('repeated', `${type} ${seq} after ${before}`)
      if (isNumbered(entry) && seq > before + 1) fault('lost', `${type} ${seq} after ${before}`)
      if (type === 'Synced' && (seq !== before || chain !== known.chain))
        fault('different', `${type} at ${seq}, not ${before}`)
      if (isNumbered(entry)) apply(known, entry)
      if (entry.type === 'MemberLeft' && entry.member?.userId === userId) known = null
    }
  }
  violations.push(...checkEnd(observation, known, room))
  return violations
}

function checkEnd({ name, userId }: Observation, known: Known | null, room: FinalRoom): Violation[] {
  const isMember = room.members.some((member) => member.userId === userId)
  if (!isMember) return []
  if (!known) return [{ kind: 'late', what: `${name}: is a member and has no stream in the end` }]
  if (known.seq !== room.head || !isKept(room, known)) {
    return [{ kind: 'late', what: `${name}: has seen ${known.seq} of ${room.head} in the end` }]
  }
  return differences(known, room).map((what) => ({ kind: 'different', what: `${name}: ${what}` }))
}

/** Tells whether the database still has all events up to a position. */
function isKept({ chains }: FinalRoom, { seq, chain }: Place): boolean {
  return chains.get(seq) === chain
}

/** Tells whether a user who has gone had come back by a number. Who was never moved has always been there. */
function isMemberAt({ moves }: FinalRoom, userId: string, seq: number): boolean {
  const last = moves.findLast((move) => move.userId === userId && move.seq < seq)
  if (!last || last.joined) return true
  return moves.some((move) => move.userId === userId && move.seq === seq && move.joined)
}

/** The number of the edit whose words an event shows, where that came after its user had left for good; null otherwise. */
function writtenAfter({ moves, versions }: FinalRoom, userId: string, { message }: EventEntry): number | null {
  const last = moves.findLast((move) => move.userId === userId)
  if (!message || !last || last.joined) return null
  const shown = versions.find(({ messageId, body }) => messageId === message.id && body === message.body)
  return shown && shown.seq > last.seq ? shown.seq : null
}

function knownFrom({ seq, chain, messages, members }: SnapshotEntry): Known {
  return {
    seq,
    chain,
    since: messages[0]?.number ?? 1,
    messages: new Map(messages.map((message) => [message.number, message])),
    members: new Map(members.map(({ userId, role }) => [userId, role])),
  }
}

/** Applies an event as a client does. Events that the snapshot contained are applied again without harm. */
function apply(known: Known, { type, seq, chain, message, member }: EventEntry): void {
  if (seq > known.seq) Object.assign(known, { seq, chain })
  // an edit of a message that is older than what the client holds
  if (message && message.number >= known.since) known.messages.set(message.number, message)
  if (!member) return
  if (type === 'MemberLeft') known.members.delete(member.userId)
  else known.members.set(member.userId, member.role)
}

function differences(known: Known, room: FinalRoom): string[] {
  const found: string[] = []
  for (const message of room.messages) {
    if (message.number < known.since) continue
    const mine = known.messages.get(message.number)
    if (mine && isSame(mine, message)) continue
    found.push(`message ${message.number} is ${describe(message)}, and known as ${mine ? describe(mine) : 'nothing'}`)
  }
  if (known.messages.size > room.messages.filter(({ number }) => number >= known.since).length) {
    found.push('knows messages that are not there')
  }
  const members = (list: Iterable<MemberView>) =>
    Array.from(list, ({ userId, role }) => `${userId} ${role}`)
      .toSorted()
      .join()
  const mine = members(Array.from(known.members, ([userId, role]) => ({ userId, role })))
  if (mine !== members(room.members)) found.push(`members are ${members(room.members)}, and known as ${mine}`)
  return found
}

/** Compares two messages, except the text that a deleted message shows in place of its body. */
function isSame(a: MessageView, b: MessageView): boolean {
  return a.id === b.id && a.deleted === b.deleted && (a.deleted || a.body === b.body)
}

function describe({ id, body, deleted }: MessageView): string {
  return `${id} ${deleted ? 'deleted' : JSON.stringify(body.slice(0, 60))}`
}
