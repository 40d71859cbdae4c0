import { describe, expect } from 'vitest'
import { guest, makeRoom, send } from '../support/client.ts'
import { block, unblock } from '../support/friends.ts'
import { test, uuidOf } from '../support/members.ts'

const text = 'you do not want to read this'

describe('messages of somebody whom the viewer has blocked', () => {
  const history = `query ($id: ID!, $number: Int!) {
    room(id: $id) {
      messages(first: 10) { nodes { ...Shown } }
      message(number: $number) { ...Shown }
      lastMessage { ...Shown }
    }
  }
  fragment Shown on Message { number isHidden body nonce author { id } edits { body } reactions { emoji } attachments { id } mentions { id } }`

  test('say nothing in history, and all of it to the others', async ({ one, db }) => {
    const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, cyd])
    const mine = await send(ada, id, 'mine')
    const theirs = await send(bob, id, 'first', 'a nonce of Bob')
    await bob.call(
      'mutation ($id: ID!, $body: String!) { editMessage(input: { messageId: $id, body: $body }) { message { id } } }',
      { id: theirs.id, body: text },
    )
    await cyd.call('mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }', {
      id: theirs.id,
    })
    await db.mention.create({
      data: { messageId: uuidOf(theirs.id), userId: uuidOf(cyd.userId), roomId: uuidOf(id), number: 2 },
    })
    await block(ada, bob)
    const empty = { edits: [], reactions: [], attachments: [], mentions: [] }
    const shown = { number: 1, isHidden: false, body: 'mine', nonce: null, author: { id: ada.userId }, ...empty }
    const hidden = { number: 2, isHidden: true, body: '', nonce: null, author: { id: bob.userId }, ...empty }
    expect(await ada.call(history, { id, number: 2 })).toEqual({
      room: { messages: { nodes: [shown, hidden] }, message: hidden, lastMessage: hidden },
    })
    const whole = {
      ...hidden,
      isHidden: false,
      body: text,
      nonce: 'a nonce of Bob',
      edits: [{ body: 'first' }],
      reactions: [{ emoji: '👍' }],
      mentions: [{ id: cyd.userId }],
    }
    for (const client of [bob, cyd]) {
      expect(await client.call(history, { id, number: 2 })).toEqual({
        room: { messages: { nodes: [shown, whole] }, message: whole, lastMessage: whole },
      })
    }
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Message { isHidden body } } }'
    expect(await ada.call(query, { ids: [mine.id, theirs.id] })).toEqual({
      nodes: [
        { isHidden: false, body: 'mine' },
        { isHidden: true, body: '' },
      ],
    })
    await unblock(ada, bob)
    expect(await ada.call(history, { id, number: 2 })).toMatchObject({ room: { lastMessage: { body: text } } })
  })

  test('are hidden, but not what the blocked change of others’ messages', async ({ one, two }) => {
    const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(bob, [ada, cyd])
    const { id } = await send(cyd, roomId, 'mine')
    await block(ada, bob)
    const stream = ada.at(two).follow(
      `subscription ($roomId: ID!) { roomEvents(roomId: $roomId) {
        __typename
        ... on ReactionsChanged { message { body reactions { emoji count } } }
        ... on MessageDeleted { message { body } }
      } }`,
      { roomId },
    )
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    const change = (mutation: string) =>
      bob.call(
        `mutation ($id: ID!) { ${mutation.replace('(', '(input: { messageId: $id').replace(')', ' })')} { message { id } } }`,
        { id },
      )
    await change('addReaction(, emoji: "👍")')
    const reactions = [{ emoji: '👍', count: 1 }]
    expect(await stream.nextData()).toEqual({
      roomEvents: { __typename: 'ReactionsChanged', message: { body: 'mine', reactions } },
    })
    await change('deleteMessage()')
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessageDeleted', message: { body: '' } } })
  })

  interface Events {
    roomEvents: { __typename: string; message?: { number: number; body: string; replyTo: { body: string } | null } }
  }
  const roomEvents = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      __typename
      ... on MessageSent { message { number body replyTo { body } } }
      ... on MessagePinned { message { number body replyTo { body } } }
      ... on MessageUnpinned { message { number body replyTo { body } } }
    }
  }`

  test('are hidden on an open stream of another server from the block on', async ({ one, two, db }) => {
    const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(cyd, [ada, bob])
    const streams = [ada, cyd].map((client) => client.at(two).follow<Events>(roomEvents, { roomId }))
    const news = ada
      .at(two)
      .follow<{ viewerEvents: unknown }>(
        'subscription { viewerEvents { __typename ... on BlocksChanged { isBlocked user { id } } } }',
      )
    const [toAda, toCyd] = streams
    if (!toAda || !toCyd) throw new Error('no streams')
    for (const stream of streams)
      expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
    expect(await news.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
    const heard = async (stream: (typeof streams)[number]) => (await stream.nextData()).roomEvents
    const says = (number: number, body: string) => ({ __typename: 'MessageSent', message: { number, body } })

    await send(bob, roomId, 'before')
    for (const stream of streams) expect(await heard(stream)).toMatchObject(says(1, 'before'))
    await block(ada, bob)
    const told = (isBlocked: boolean) => ({
      viewerEvents: { __typename: 'BlocksChanged', isBlocked, user: { id: bob.userId } },
    })
    // what server two hears after the block is judged by it
    expect(await news.nextData()).toEqual(told(true))
    await send(bob, roomId, text)
    await send(cyd, roomId, 'after')
    expect(await heard(toAda)).toEqual({ __typename: 'Hidden' })
    expect(await heard(toAda)).toMatchObject(says(3, 'after'))
    expect(await heard(toCyd)).toMatchObject(says(2, text))
    expect(await heard(toCyd)).toMatchObject(says(3, 'after'))

    await unblock(ada, bob)
    expect(await news.nextData()).toEqual(told(false))
    await send(bob, roomId, 'again')
    expect(await heard(toAda)).toMatchObject(says(4, 'again'))
    expect(await db.block.count({ where: { blockerId: uuidOf(ada.userId) } })).toBe(0)
  })

  test('say nothing in what others do with them', async ({ one, two }) => {
    const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(cyd, [ada, bob])
    const { id } = await send(bob, roomId, text)
    await block(ada, bob)
    const [toAda, toCyd] = [ada, cyd].map((client) => client.at(two).follow<Events>(roomEvents, { roomId }))
    if (!toAda || !toCyd) throw new Error('no streams')
    for (const stream of [toAda, toCyd]) {
      expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
    }
    await cyd.call('mutation ($id: ID!) { pinMessage(input: { messageId: $id }) { message { id } } }', { id })
    await cyd.call(
      'mutation ($roomId: ID!, $id: ID!) { sendMessage(input: { roomId: $roomId, body: "so?", replyToId: $id }) { message { id } } }',
      { roomId, id },
    )
    for (const [stream, body] of [
      [toAda, ''],
      [toCyd, text],
    ] as const) {
      expect((await stream.nextData()).roomEvents).toEqual({
        __typename: 'MessagePinned',
        message: { number: 1, body, replyTo: null },
      })
      expect((await stream.nextData()).roomEvents).toEqual({
        __typename: 'MessageSent',
        message: { number: 2, body: 'so?', replyTo: { body } },
      })
    }
  })

  test('are hidden on a server that did not hear of the block, after a look', async ({ one, start }) => {
    const quick = await start({ feed: { sessionSweepMs: 200 } })
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const stream = ada.at(quick).follow<Events>(roomEvents, { roomId })
    expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
    // no ring: as when it was lost
    await one.database.pool.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [
      uuidOf(ada.userId),
      uuidOf(bob.userId),
    ])
    await expect
      .poll(async () => {
        await send(bob, roomId, text)
        return (await stream.nextData()).roomEvents.__typename
      })
      .toBe('Hidden')
  })
})
