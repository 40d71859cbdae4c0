import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'

const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

test('nodes finds users, rooms and messages in the order of their ids, and null for the rest', async ({ one }) => {
  const [ada, eve] = [await guest(one), await guest(one)]
  const openId = await makeRoom(ada)
  const { createRoom } = await ada.call<{ createRoom: { room: { id: string } } }>(
    'mutation { createRoom(input: { name: "Secret", access: INVITE }) { room { id } } }',
  )
  const secretId = createRoom.room.id
  const { id: messageId } = await send(ada, openId, 'hello')
  const ids = [messageId, ada.userId, secretId, openId, 'nonsense', 'user_01h455vb4pex5vsknk084sn02q']
  const types = async (client: typeof ada) => {
    const { nodes } = await client.call<{ nodes: ({ __typename: string; id: string } | null)[] }>(query, { ids })
    for (const [index, node] of nodes.entries()) if (node) expect(node.id).toBe(ids[index])
    return nodes.map((node) => node?.__typename ?? null)
  }
  expect(await types(ada)).toEqual(['Message', 'User', 'Room', 'Room', null, null])
  // a room that may be found is seen by all, what was said in it by its members
  expect(await types(eve)).toEqual([null, 'User', null, 'Room', null, null])
})

test('one id past the bound is refused', async ({ one }) => {
  const ada = await guest(one)
  const ids = Array.from({ length: limits.nodesMax }, () => ada.userId)
  expect(await ada.call(query, { ids })).toMatchObject({ nodes: ids.map((id) => ({ id })) })
  const beside = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } viewer { user { id } } }'
  expect(await ada.attempt(beside, { ids: [...ids, ada.userId] })).toMatchObject({
    data: { nodes: null, viewer: { user: { id: ada.userId } } },
    errors: [{ path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } }],
  })
})
