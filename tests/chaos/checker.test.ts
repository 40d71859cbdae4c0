import { globSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkHistory } from '../../chaos/checker.ts'
import type {
  EditRecord,
  Entry,
  EventEntry,
  FinalRoom,
  History,
  SendRecord,
  SnapshotEntry,
  StoredMessage,
} from '../../chaos/history.ts'
import { readText } from '../support/documents.ts'

// The room of all tests: 1 the owner came, 2 Ada came, 3 and 4 messages, 5 Ada left, 6 a message, 7 Ada came, 8 an edit.

const message = (number: number, given: Partial<StoredMessage> = {}): StoredMessage => ({
  ...{ id: `m${number}`, number, body: `body ${number}`, deleted: false, authorId: 'owner', nonce: `n${number}` },
  ...given,
})

const members = [
  { userId: 'owner', role: 'OWNER' },
  { userId: 'ada', role: 'MEMBER' },
]

const chainOf = (seq: number) => `chain ${seq}`

const room: FinalRoom = {
  ...{ roomId: 'room', head: 8, chains: new Map([1, 2, 3, 4, 5, 6, 7, 8].map((seq) => [seq, chainOf(seq)])) },
  messages: [message(1), message(2), message(3, { body: 'edited' })],
  members,
  versions: [{ seq: 8, messageId: 'm3', body: 'edited' }],
  moves: [
    { seq: 1, userId: 'owner', joined: true },
    { seq: 2, userId: 'ada', joined: true },
    { seq: 5, userId: 'ada', joined: false },
    { seq: 7, userId: 'ada', joined: true },
  ],
}

const send = (number: number, given: Partial<SendRecord> = {}): SendRecord => ({
  ...{ roomId: 'room', authorId: 'owner', nonce: `n${number}`, body: `body ${number}`, outcome: 'acked' },
  ...{ messageId: `m${number}`, number, began: number * 10, ended: number * 10 + 5 },
  ...given,
})

const edit = (given: Partial<EditRecord> = {}): EditRecord => ({
  ...{ messageId: 'm3', body: 'edited', outcome: 'acked' },
  ...given,
})

const event = (seq: number, type: string, given: Partial<EventEntry> = {}): EventEntry => ({
  ...{ kind: 'event', chain: chainOf(seq), seq, type },
  ...given,
})

const sent = (seq: number, number: number) => event(seq, 'MessageSent', { message: message(number) })
const edited = event(8, 'MessageEdited', { message: message(3, { body: 'edited' }) })
const ada = { userId: 'ada', role: 'MEMBER' }
const adaLeft = event(5, 'MemberLeft', { member: { userId: 'ada', role: null } })
const adaJoined = event(7, 'MemberJoined', { member: ada })

const snapshot = (seq: number, numbers: readonly number[], names = members): SnapshotEntry => ({
  ...{ kind: 'snapshot', chain: chainOf(seq), seq, members: names },
  messages: numbers.map((number) => message(number)),
})

/** The owner has seen all, over two connections. */
const ownerEntries: readonly Entry[] = [
  ...[snapshot(2, []), event(2, 'Synced'), sent(3, 1), sent(4, 2), adaLeft],
  ...[event(5, 'Synced'), sent(6, 3), adaJoined, edited],
]

/** Ada was away for a while. */
const adaEntries: readonly Entry[] = [
  ...[snapshot(3, [1]), sent(4, 2), adaLeft, { kind: 'refused' } as const],
  ...[snapshot(7, [1, 2, 3]), edited],
]

const observation = (userId: string, entries: readonly Entry[]) => ({ name: userId, roomId: 'room', userId, entries })

const good: History = {
  sends: [send(1), send(2), send(3)],
  edits: [edit()],
  observations: [observation('owner', ownerEntries), observation('ada', adaEntries)],
  rooms: [room],
  wasPutBack: false,
}

const kindsOf = (given: Partial<History>) => [...new Set(checkHistory({ ...good, ...given }).map(({ kind }) => kind))]
const ofRoom = (given: Partial<FinalRoom>) => kindsOf({ rooms: [{ ...room, ...given }], observations: [] })
const ofOwner = (entries: readonly Entry[]) => kindsOf({ observations: [observation('owner', entries)] })
const ofAda = (entries: readonly Entry[]) => kindsOf({ observations: [observation('ada', entries)] })
const lostSnapshot = { ...snapshot(2, []), chain: 'lost' }
const without = (left: Entry) => ownerEntries.filter((entry) => entry !== left)

test('a history in which every promise was kept passes', () => {
  expect(checkHistory(good)).toEqual([])
})

test('an acknowledged message that is not there is lost', () => {
  expect(kindsOf({ sends: [...good.sends, send(4)] })).toEqual(['lost'])
})

test('an acknowledged message with another number than was answered is found', () => {
  expect(kindsOf({ sends: [send(1), send(2, { number: 3 }), send(3)] })).toContain('different')
})

test('a message that is there twice is found', () => {
  const messages = [...room.messages, message(4, { nonce: 'n3' })]
  expect(ofRoom({ messages })).toEqual(['repeated'])
})

test('an unknown send may be there once or not at all, and not twice', () => {
  const unknown = { outcome: 'unknown', messageId: null, number: null } as const
  expect(kindsOf({ sends: [send(1), send(2, unknown), send(3)] })).toEqual([])
  expect(kindsOf({ sends: [...good.sends, send(4, unknown)] })).toEqual([])
  const rooms = [{ ...room, messages: [...room.messages, message(4, { nonce: 'n2' })] }]
  expect(kindsOf({ sends: [send(1), send(2, unknown), send(3)], rooms, observations: [] })).toEqual(['repeated'])
})

test('a refused send that is there is invented, as is what nobody sent', () => {
  expect(kindsOf({ sends: [send(1), send(2, { outcome: 'failed' }), send(3)] })).toEqual(['invented'])
  expect(kindsOf({ sends: [send(1), send(3)] })).toEqual(['invented'])
})

test('a hole in the numbers is found, and a number that was given twice', () => {
  expect(ofRoom({ messages: [message(1), message(2), message(4, { nonce: 'n3' })] })).toContain('lost')
  expect(ofRoom({ messages: [message(1), message(2), message(2, { nonce: 'n3' })] })).toContain('repeated')
})

test('a message that was begun after the answer to another, and has the lower number, is out of order', () => {
  expect(kindsOf({ sends: [send(1, { began: 30, ended: 31 }), send(2), send(3, { began: 40 })] })).toEqual([
    'out of order',
  ])
})

test('an acknowledged edit that is gone is lost; one without an answer may be done or not', () => {
  expect(kindsOf({ edits: [edit(), edit({ body: 'again' })] })).toEqual(['lost'])
  expect(kindsOf({ edits: [edit(), edit({ body: 'again', outcome: 'unknown' })] })).toEqual([])
  expect(kindsOf({ edits: [edit({ outcome: 'unknown' }), edit({ body: 'again' })] })).toEqual([])
  expect(kindsOf({ edits: [edit({ body: null })] })).toEqual(['lost'])
})

test('an event that an observer did not get is lost, at the place where it is missing', () => {
  for (const entry of [sent(3, 1), sent(4, 2)]) {
    const entries = ownerEntries.filter((known) => known.kind !== 'event' || known.seq !== entry.seq)
    expect(ofOwner(entries), entry.type).toContain('lost')
  }
  expect(ofOwner(without(adaJoined))).toContain('lost')
})

test('an event that comes again is repeated, also after a reconnect', () => {
  expect(ofOwner([...ownerEntries, edited])).toEqual(['repeated'])
  expect(ofOwner([...ownerEntries, event(8, 'Synced'), adaJoined, edited])).toEqual(['repeated'])
})

test('an explicit resync allows a jump', () => {
  const told = { kind: 'resync' } as const
  const jump = [lostSnapshot, told, { ...snapshot(7, [1, 2]), messages: room.messages }]
  expect(kindsOf({ observations: [observation('owner', [...jump, edited])], wasPutBack: true })).toEqual([])
  expect(ofOwner([snapshot(2, []), edited])).toContain('lost')
})

describe('of a database that was put back', () => {
  const told = { kind: 'resync' } as const
  const lost = { ...sent(4, 2), chain: 'lost' }
  const ofPutBack = (entries: readonly Entry[]) =>
    kindsOf({ observations: [observation('owner', entries)], wasPutBack: true })

  test('who has seen what was lost and is told so may read again', () => {
    expect(ofPutBack([snapshot(2, []), sent(3, 1), lost, told, ...ownerEntries])).toEqual([])
  })

  test('who has seen what was lost and is not told so is found', () => {
    expect(ofPutBack([snapshot(2, []), sent(3, 1), lost, ...ownerEntries.slice(4)])).toEqual(['lost'])
  })

  test('who has seen nothing that was lost and is told to read again is found', () => {
    expect(ofPutBack([snapshot(2, []), sent(3, 1), told, ...ownerEntries])).toEqual(['different'])
  })

  test('who is at what was lost in the end is late', () => {
    expect(ofPutBack([...without(edited), { ...edited, chain: 'lost' }])).toEqual(['late'])
  })
})

test('a stream of another history is found where the database was not put back', () => {
  expect(ofOwner([snapshot(7, [1, 2, 3]), { ...edited, chain: 'other' }])).toContain('different')
})

test('a Synced at another place than where the stream is, is found', () => {
  expect(ofOwner([...ownerEntries, event(9, 'Synced')])).toEqual(['different'])
})

test('an event after one’s own removal is leaked, also when the removal itself was not told', () => {
  const told = [snapshot(3, [1]), sent(4, 2), adaLeft, sent(6, 3)]
  expect(ofAda([...told, snapshot(7, [1, 2, 3]), edited])).toContain('leaked')
  const untold = [snapshot(3, [1]), sent(4, 2), sent(6, 3)]
  expect(ofAda([...untold, snapshot(7, [1, 2, 3]), edited])).toContain('leaked')
})

test('one who went on reading while out of the room and is back is found too', () => {
  const entries = ownerEntries.filter((entry) => entry !== adaLeft)
  expect(ofAda(entries)).toContain('leaked')
})

test('a member who has not seen all, or has no stream, is late', () => {
  expect(ofOwner(ownerEntries.slice(0, -1))).toEqual(['late'])
  expect(ofAda(adaEntries.slice(0, -2))).toEqual(['late'])
})

test('who is no member in the end need not have seen anything', () => {
  const rooms = [{ ...room, members: members.slice(0, 1), moves: room.moves.slice(0, 3) }]
  const observations = [observation('ada', adaEntries.slice(0, -2))]
  expect(kindsOf({ rooms, observations })).toEqual([])
})

test('who is gone for good is shown nothing that was written afterwards, in whatever event', () => {
  const rooms = [{ ...room, members: members.slice(0, 1), moves: room.moves.slice(0, 3) }]
  const shown = event(4, 'MessageSent', { message: message(3, { body: 'edited' }) })
  const kinds = (entry: Entry) =>
    kindsOf({ rooms, observations: [observation('ada', [snapshot(3, [1]), entry, adaLeft])] })
  expect(kinds(shown)).toEqual(['leaked'])
  expect(kinds(sent(4, 2))).toEqual([])
  expect(kinds(event(4, 'Hidden'))).toEqual([])
  // who came back may see it
  expect(ofAda([snapshot(3, [1]), shown, ...adaEntries.slice(2)])).not.toContain('leaked')
})

test('state and events that do not equal the room are found: messages and members', () => {
  const stale = { ...edited, message: message(3) }
  expect(ofOwner([...without(edited), stale])).toEqual(['different'])
  const wrongRole = { ...adaJoined, member: { userId: 'ada', role: 'ADMIN' } }
  expect(ofOwner(ownerEntries.map((entry) => (entry === adaJoined ? wrongRole : entry)))).toEqual(['different'])
  const ghost = sent(6, 4)
  expect(ofOwner(ownerEntries.map((entry) => (entry.kind === 'event' && entry.seq === 6 ? ghost : entry)))).toContain(
    'different',
  )
})

test('what chance decides in a run follows from its seed', () => {
  const byChance = globSync('chaos/**/*.ts').filter((path) => readText(path).includes('Math.random('))
  // a new seed, and ports that nobody uses
  expect(byChance.toSorted()).toEqual(['chaos/main.ts', 'chaos/server-process.ts'])
})
