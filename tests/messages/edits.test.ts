import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { setRole, test, uuidOf } from '../support/members.ts'

const editMutation = `mutation ($messageId: ID!, $body: String!) {
  editMessage(input: { messageId: $messageId, body: $body }) { message { body editedAt edits { body replacedAt } } }
}`

interface Edited {
  editMessage: { message: { body: string; editedAt: string | null; edits: { body: string; replacedAt: string }[] } }
}

const edit = async (client: Client, messageId: string, body: string) =>
  (await client.call<Edited>(editMutation, { messageId, body })).editMessage.message

test('members read what a message said before, oldest first', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await send(ada, roomId, 'a')
  await edit(ada, id, 'b')
  const message = await edit(ada, id, 'c')
  expect(message.edits.map(({ body }) => body)).toEqual(['a', 'b'])
  const { node } = await bob.call<{ node: unknown }>(
    'query ($id: ID!) { node(id: $id) { ... on Message { body editedAt edits { body replacedAt } } } }',
    { id },
  )
  expect(node).toEqual(message)
  // the same again is no edit
  expect(await edit(ada, id, 'c')).toEqual(message)
})

test('the last edits are kept, and older ones dropped', async ({ one, db }) => {
  const ada = await guest(one)
  const { id } = await send(ada, await makeRoom(ada), 'now')
  await db.messageEdit.createMany({
    data: Array.from({ length: limits.editsKeptMax }, (_, index) => ({
      id: newUuidIn(uuidOf(id)),
      messageId: uuidOf(id),
      body: `${index}`,
      replacedAt: new Date(index),
    })),
  })
  const { edits } = await edit(ada, id, 'later')
  expect(edits).toHaveLength(limits.editsKeptMax)
  expect([edits[0]?.body, edits.at(-1)?.body]).toEqual(['1', 'now'])
})

test('nobody changes what another says, whatever their role', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await send(bob, roomId, 'mine')
  await setRole(db, roomId, bob, 'ADMIN')
  expect(await ada.fail(editMutation, { messageId: id, body: 'yours' })).toBe('FORBIDDEN')
})

test('a message can be edited for as long as the operator says', async ({ start, db }) => {
  const strict = await start({ editWindowSeconds: 60 })
  const ada = await guest(strict)
  const { id } = await send(ada, await makeRoom(ada), 'a')
  const age = (seconds: number) =>
    db.message.update({ where: { id: uuidOf(id) }, data: { createdAt: new Date(Date.now() - seconds * 1_000) } })
  await age(30)
  expect((await edit(ada, id, 'b')).body).toBe('b')
  await age(61)
  expect(await ada.fail(editMutation, { messageId: id, body: 'c' })).toBe('EDIT_WINDOW_CLOSED')
  // deleting it is still possible
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id })
})

test('without such a bound, messages of any age can be edited', async ({ one, db }) => {
  const ada = await guest(one)
  const { id } = await send(ada, await makeRoom(ada), 'a')
  await db.message.update({ where: { id: uuidOf(id) }, data: { createdAt: new Date(0) } })
  expect((await edit(ada, id, 'b')).body).toBe('b')
})
