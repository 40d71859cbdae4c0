// Receipts are shown only between users who both show theirs, by whatever door: see tests/access/privacy.test.ts.

import { describe, expect } from 'vitest'
import { receiptLimits } from '../../src/config/membership.ts'
import { createWatermarks } from '../../src/membership/receipts/watermarks/watermarks.ts'
import { type Client, guest, join, makeRoom, type Server, send } from '../support/client.ts'
import { guests, leaveRoom, openDirect, test, uuidOf } from '../support/members.ts'
import { changePrivacy, hiders, makeThree } from '../support/privacy.ts'
import { followEvents } from '../support/sse.ts'
import { statementsOf } from '../support/statements.ts'

const read = (client: Client, roomId: string, number: number) =>
  client.call(
    'mutation ($roomId: ID!, $number: Int!) { markRead(input: { roomId: $roomId, number: $number }) { room { id } } }',
    { roomId, number },
  )

const fields = 'status receipts { nodes { user { id } status } }'
const receiptOf = ({ userId }: Client) => ({ user: { id: userId }, status: 'READ' })

describe('queries', () => {
  const query = `query ($id: ID!) {
    room(id: $id) {
      messages { nodes { ${fields} } }
      members { nodes { user { id } lastReadNumber lastDeliveredNumber } }
    }
  }`
  interface Seen {
    room: {
      messages: { nodes: { status: string; receipts: { nodes: unknown[] } }[] }
      members: { nodes: { user: { id: string }; lastReadNumber: number | null; lastDeliveredNumber: number | null }[] }
    }
  }

  test.for(hiders)('show receipts of those who show them to those who do: %s', async ([, hider], { one }) => {
    const { ada, bob, eve, roomId } = await makeThree(one, hider, { showsReceipts: false })
    const { number } = await send(ada, roomId, 'hello')
    await read(bob, roomId, number)
    if (hider !== 'bob') await read(eve, roomId, number)
    const { room } = await ada.call<Seen>(query, { id: roomId })
    const shown = { status: 'READ', receipts: { nodes: [receiptOf(bob), receiptOf(eve)] } }
    const ofEve = { status: 'SENT', receipts: { nodes: [{ ...receiptOf(eve), status: 'SENT' }] } }
    const none = { status: 'SENT', receipts: { nodes: [] } }
    expect(room.messages.nodes.at(-1)).toEqual({ nobody: shown, bob: ofEve, ada: none }[hider ?? 'nobody'])
    const marks = new Map(room.members.nodes.map(({ user, ...numbers }) => [user.id, numbers]))
    const numbers = { lastReadNumber: number, lastDeliveredNumber: number }
    expect(marks.get(bob.userId)).toEqual(hider ? { lastReadNumber: null, lastDeliveredNumber: null } : numbers)
    expect(marks.get(ada.userId)).toEqual(numbers)
    const own = 'query ($id: ID!) { room(id: $id) { viewerMembership { lastReadNumber lastDeliveredNumber } } }'
    expect(await bob.call(own, { id: roomId })).toEqual({ room: { viewerMembership: numbers } })
  })

  test('show those of the only other member as if there was nobody, until they are shown again', async ({
    one,
    two,
  }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    const { number } = await send(ada, roomId, 'hello')
    await read(bob, roomId, number)
    const statusAt = async (server: Server) =>
      (await ada.at(server).call<Seen>(query, { id: roomId })).room.messages.nodes[0]?.status
    for (const showsReceipts of [false, true, false, true]) {
      await changePrivacy(bob, { showsReceipts })
      for (const server of [one, two]) expect(await statusAt(server)).toBe(showsReceipts ? 'READ' : 'SENT')
    }
  })
})

describe('streams', () => {
  const following = (more = '') => `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      ... on Synced { at }
      ... on MessageEdited { message { body ${fields} } }
      ... on MemberUpdated { membership { user { id } lastReadNumber } }
      ${more}
    }
  }`
  const hints = `... on ReceiptAdvanced { membership { user { id } lastReadNumber } } ... on TypingChanged { users { id } }`
  const typing = 'mutation ($roomId: ID!) { setTyping(input: { roomId: $roomId, isTyping: true }) { room { id } } }'
  const edit = 'mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "edited" }) { message { id } } }'
  const mute = `mutation ($roomId: ID!, $userId: ID!, $until: DateTime) {
    muteMember(input: { roomId: $roomId, userId: $userId, until: $until }) { room { id } }
  }`

  /** Follows a room over a socket and over an event stream; gives the next thing that is selected. */
  async function followBoth(client: Client, roomId: string, more = ''): Promise<(() => Promise<unknown>)[]> {
    const socket = client.follow<{ roomEvents: object }>(following(more), { roomId })
    const events = await followEvents(client, following(more), { roomId })
    const untilSelected = async (next: () => Promise<unknown>) => {
      for (;;) {
        const { roomEvents } = (await next()) as { roomEvents: object }
        if (Object.keys(roomEvents).length > 0) return roomEvents
      }
    }
    const both = [
      () => untilSelected(socket.nextData),
      () => untilSelected(async () => ((await events.next()).data as { data: unknown }).data),
    ]
    for (const next of both) expect(await next()).toEqual({ at: expect.any(String) })
    return both
  }

  test.for(hiders)('show them in events to each as in queries: %s', async ([, hider], { one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const { id, number } = await send(ada, roomId, 'hello')
    await read(bob, roomId, number)
    await join(eve, roomId)
    if (hider) await changePrivacy(hider === 'bob' ? bob : ada, { showsReceipts: false })
    // Ada and Eve are of one group, which shares executions
    const [ours, theirs] = [await followBoth(ada.at(two), roomId), await followBoth(eve.at(two), roomId)]
    const shown = { body: 'edited', status: 'READ', receipts: { nodes: [receiptOf(bob)] } }
    const hidden = { body: 'edited', status: 'SENT', receipts: { nodes: [] } }
    await ada.call(edit, { id })
    for (const next of ours) expect(await next()).toEqual({ message: hider ? hidden : shown })
    for (const next of theirs) expect(await next()).toEqual({ message: hider === 'bob' ? hidden : shown })
    await ada.call(mute, { roomId, userId: bob.userId, until: new Date(Date.now() + 60_000) })
    const member = (isShown: boolean) => ({
      membership: { user: { id: bob.userId }, lastReadNumber: isShown ? number : null },
    })
    for (const next of ours) expect(await next()).toEqual(member(!hider))
    for (const next of theirs) expect(await next()).toEqual(member(hider !== 'bob'))
  })

  test.for(hiders)('tell that they advance only to those who see it: %s', async ([, hider], { one }) => {
    const { ada, bob, eve, roomId } = await makeThree(one, hider, { showsReceipts: false })
    const { number } = await send(ada, roomId, 'hello')
    const [ours, theirs] = [await followBoth(ada, roomId, hints), await followBoth(eve, roomId, hints)]
    await read(bob, roomId, number)
    const advanced = { membership: { user: { id: bob.userId }, lastReadNumber: number } }
    if (!hider) for (const next of ours) expect(await next()).toEqual(advanced)
    if (hider !== 'bob') for (const next of theirs) expect(await next()).toEqual(advanced)
    // hints go in their order: nothing was told before this one
    await bob.call(typing, { roomId })
    for (const next of [...ours, ...theirs]) expect(await next()).toEqual({ users: [{ id: bob.userId }] })
  })
})

describe('the watermark', () => {
  const history = 'query ($id: ID!) { room(id: $id) { messages { nodes { status } } } }'
  const newest = async (client: Client, id: string) => {
    const { room } = await client.call<{ room: { messages: { nodes: { status: string }[] } } }>(history, { id })
    return room.messages.nodes.at(-1)?.status
  }

  test('counts the first and the slowest again when they show theirs, and those who joined or came back', async ({
    one,
    two,
  }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(bob, [ada, eve])
    const expectStatus = async (status: string) => {
      for (const server of [one, two]) expect(await newest(ada.at(server), roomId)).toBe(status)
    }
    await changePrivacy(bob, { showsReceipts: false })
    await read(eve, roomId, (await send(ada, roomId, 'hello')).number)
    await expectStatus('READ')
    await changePrivacy(bob, { showsReceipts: true })
    await expectStatus('SENT')
    await changePrivacy(bob, { showsReceipts: false })
    await expectStatus('READ')
    await changePrivacy(eve, { showsReceipts: false })
    await expectStatus('SENT')
    // nobody shows theirs but one who joins, first after the message and then before the next
    const late = await guest(one)
    await join(late, roomId)
    await expectStatus('SENT')
    const { number } = await send(ada, roomId, 'again')
    await expectStatus('SENT')
    await read(late, roomId, number)
    await expectStatus('READ')
    await late.call(leaveRoom, { roomId })
    await expectStatus('SENT')
  })

  test('is searched again when more users have changed theirs than are looked up', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const sent = { number: (await send(ada, roomId, 'hello')).number, authorId: uuidOf(ada.userId), sentAt: new Date() }
    await db.user.updateMany({ data: { receiptsChangedAt: null } })
    const reachOf = createWatermarks(one.parts.sql, 10)
    const strangers = await guests(one, receiptLimits.changesMax + 1)
    const searches = async () => {
      const statements = await statementsOf(async () => {
        expect(await reachOf([{ ...sent, roomId: uuidOf(roomId) }])).toEqual(['SENT'])
      })
      return statements.filter((statement) => statement.includes('readSlowest')).length
    }
    const changedBy = (users: readonly Client[], receiptsChangedAt: Date | null) =>
      db.user.updateMany({
        where: { id: { in: users.map(({ userId }) => uuidOf(userId)) } },
        data: { receiptsChangedAt },
      })
    expect([await searches(), await searches()]).toEqual([1, 0])
    await changedBy(strangers.slice(1), new Date())
    expect(await searches()).toBe(0)
    await changedBy(strangers, new Date())
    expect(await searches()).toBe(1)
    await changedBy(strangers, null)
    // one change in the room is enough, for as long as it may have been committed after the search
    await changedBy([bob], new Date())
    expect([await searches(), await searches()]).toEqual([1, 1])
    await changedBy([bob], new Date(Date.now() - 2 * receiptLimits.changeMs))
    expect(await searches()).toBe(0)
  })

  test('is not searched again and again, because changes are limited', async ({ start }) => {
    const server = await start({ rates: { receiptChangesOfUser: { points: 1, seconds: 60 } } })
    const ada = await guest(server)
    await changePrivacy(ada, { showsReceipts: false })
    const query = 'mutation { updateProfile(input: { showsReceipts: true }) { viewer { showsReceipts } } }'
    expect(await ada.fail(query)).toBe('RATE_LIMITED')
    expect(await changePrivacy(ada, { showsPresence: false })).toMatchObject({
      showsReceipts: false,
      showsPresence: false,
    })
  })
})
