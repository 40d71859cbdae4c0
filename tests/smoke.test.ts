import { expect } from 'vitest'
import { guest, makeRoom, send } from './setup/client.ts'
import { test } from './setup/server.ts'

test('a message reaches a subscriber on another server', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const stream = ada.at(two).follow<{ roomEvents: Record<string, unknown> }>(
    'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename cursor ... on MessageSent { message { number body author { displayName } } } } }',
    { roomId },
  )
  expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  const sent = await send(ada, roomId, 'hi')
  expect(sent).toMatchObject({ number: 1, body: 'hi' })
  expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'MessageSent', message: { number: 1, body: 'hi', author: { displayName: 'Ada' } } } })
})
