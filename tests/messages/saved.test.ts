import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { leaveRoom, test, uuidOf } from '../support/members.ts'

const save = 'mutation ($id: ID!) { saveMessage(input: { messageId: $id }) { message { isSaved } } }'
const unsave = 'mutation ($id: ID!) { unsaveMessage(input: { messageId: $id }) { message { isSaved } } }'
const savedOf = async (client: Client, after: string | null = null, first = 50) => {
  const query = `query ($after: String, $first: Int) { viewer { savedMessages(first: $first, after: $after) {
    nodes { body } pageInfo { endCursor hasNextPage }
  } } }`
  type Saved = {
    viewer: { savedMessages: { nodes: { body: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }
  }
  return (await client.call<Saved>(query, { after, first })).viewer.savedMessages
}
const bodiesOf = async (client: Client) => (await savedOf(client)).nodes.map(({ body }) => body)

test('messages are saved for oneself, and listed while one may read them', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const [roomId, other] = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
  const sent = [await send(ada, roomId, 'one'), await send(ada, other, 'two'), await send(ada, other, 'three')]
  for (const { id } of sent)
    expect(await bob.call(save, { id })).toEqual({ saveMessage: { message: { isSaved: true } } })
  await bob.call(save, { id: sent[0]?.id })
  expect(await bodiesOf(bob)).toEqual(['three', 'two', 'one'])
  expect(await bodiesOf(ada)).toEqual([])
  const { pageInfo } = await savedOf(bob, null, 2)
  expect((await savedOf(bob, pageInfo.endCursor, 2)).nodes).toEqual([{ body: 'one' }])
  expect(await bob.call(unsave, { id: sent[1]?.id })).toEqual({ unsaveMessage: { message: { isSaved: false } } })
  expect(await bodiesOf(bob)).toEqual(['three', 'one'])
  await bob.call(leaveRoom, { roomId: other })
  expect(await bodiesOf(bob)).toEqual(['one'])
  expect(await bob.fail(save, { id: sent[1]?.id })).toBe('NOT_FOUND')
})

test('saved messages are bounded', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [id, userId] = [uuidOf(roomId), uuidOf(ada.userId)]
  const [first, second] = [await send(ada, roomId, 'one'), await send(ada, roomId, 'two')]
  await db.$executeRaw`
    with more as (
      insert into messages (id, room_id, number, seq, author_id, kind, body)
      select gen_random_uuid(), ${id}::uuid, number, number, ${userId}::uuid, 'TEXT', 'hello'
      from generate_series(10, ${limits.savedMax + 8}::integer) as number
      returning id
    )
    insert into saved_messages (user_id, message_id) select ${userId}::uuid, id from more`
  await ada.call(save, { id: first.id })
  expect(await ada.fail(save, { id: second.id })).toBe('CONFLICT')
  await ada.call(unsave, { id: first.id })
  await ada.call(save, { id: second.id })
})
