// P7 for a page that was read before a removal, and is executed after it: by sockets and by event streams over HTTP.

import type pg from 'pg'
import { expect } from 'vitest'
import { type Client, guest, send } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import { addMembers, make, removeMember, uuidOf } from '../support/members.ts'
import { test } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const fields = '__typename ... on MessageSent { message { number body } } ... on MemberLeft { room { name } }'
const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { ${fields} }
}`
const viewerAsked = roomEvents.replace('number body', 'number body room { lastMessage { body } }')
const messageAdded = `subscription ($roomId: ID!, $after: EventCursor) {
  messageAdded(roomId: $roomId, after: $after) { number body }
}`

/** Follows in one way or another, and gives all that came once the stream is complete. */
type Follow = (client: Client, query: string, variables: object) => Promise<() => Promise<string>>

const transports: Record<string, Follow> = {
  async 'a socket'(client, query, variables) {
    const stream = client.follow(query, { ...variables })
    return async () => {
      await expect.poll(stream.isCompleted).toBe(true)
      return JSON.stringify(stream.arrived)
    }
  },
  async 'an event stream'(client, query, variables) {
    const stream = await followEvents(client, query, variables)
    return async () => {
      const got: unknown[] = []
      for (let event = await stream.next(); event.event !== 'complete'; event = await stream.next())
        got.push(event.data)
      return JSON.stringify(got)
    }
  },
}

/** Lets nobody read a table until the transaction ends, in which it can be changed. */
async function hold(databaseUrl: string, table: string): Promise<{ holder: pg.Client; untilHeld(): Promise<void> }> {
  const [holder, watcher] = [await connect(databaseUrl), await connect(databaseUrl)]
  await holder.query('begin')
  await holder.query(`lock table ${table}`)
  return { holder, untilHeld: () => expect.poll(() => countWaiting(watcher)).toBeGreaterThan(0) }
}

const cases = Object.keys(transports).flatMap((transport) =>
  Object.entries({ roomEvents, viewerAsked, messageAdded }).map(([name, query]) => [name, transport, query] as const),
)

test.for(cases)(
  '%s by %s shows nothing that was written after the removal',
  async ([name, transport, query], { one, two, databaseUrl }) => {
    const owner = await guest(one)
    const member = (await guest(one)).at(two)
    const { id: roomId } = await make(owner, { access: 'INVITE' })
    await owner.call(addMembers, { roomId, userIds: [member.userId] })
    const { cursor: after } = await send(owner, roomId, 'seen')
    for (const body of ['first', 'second']) await send(owner, roomId, body)
    const { holder, untilHeld } = await hold(databaseUrl, 'messages')
    const following = transports[transport]?.(member, query, { roomId, after })
    await untilHeld()
    await owner.call(removeMember, { roomId, userId: member.userId })
    await holder.query(`update messages set body = 'written afterwards' where room_id = $1`, [uuidOf(roomId)])
    await holder.query(`update rooms set name = 'named afterwards' where id = $1`, [uuidOf(roomId)])
    await holder.query('commit')
    const got = await (await following)?.()
    expect(got).not.toContain('afterwards')
    if (name !== 'messageAdded') expect(got?.match(/Hidden|MemberLeft/g)).toEqual(['Hidden', 'Hidden', 'MemberLeft'])
  },
)

test('who came back while a page was held up may see what it shows', async ({ one, two, databaseUrl }) => {
  const owner = await guest(one)
  const member = (await guest(one)).at(two)
  const { id: roomId } = await make(owner, { access: 'INVITE' })
  await owner.call(addMembers, { roomId, userIds: [member.userId] })
  const { cursor: after } = await send(owner, roomId, 'seen')
  await send(owner, roomId, 'first')
  const { holder, untilHeld } = await hold(databaseUrl, 'reactions')
  // who comes back reads messages, which must not wait
  const withReactions = roomEvents.replace('number body', 'body reactions { emoji }')
  const stream = member.follow<{ roomEvents: { __typename: string } }>(withReactions, { roomId, after })
  await untilHeld()
  await owner.call(removeMember, { roomId, userId: member.userId })
  await owner.call(addMembers, { roomId, userIds: [member.userId] })
  await holder.query('commit')
  // the stream ends where they left, and goes on from there when they ask
  expect(await stream.nextData()).toMatchObject({ roomEvents: { message: { body: 'first' } } })
  expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'MemberLeft' } })
  await stream.ended()
})
