import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { bodies, follow, listen, makeGuest } from './setup/clients.ts'

const texts = Object.values(JSON.parse(readFileSync('documents.json', 'utf8')) as Record<string, string>)
const named = (name: string) => texts.find((text) => text.includes(` ${name}`)) ?? ''

test('all goes on at a server that runs only the documents of its clients', async ({ start }) => {
  const strict = await start({ documents: { onlyTrusted: true, file: null } })
  const [ada, bob] = [await makeGuest(strict, 'Ada'), await makeGuest(strict, 'Bob')]
  // as the web client makes a room
  const made = await ada.mutate<{ createRoom: { room: { id: string } } }, object>(named('CreateRoom'), {
    input: { name: 'Tea', access: 'OPEN' },
  })
  const { id } = made.createRoom.room
  await bob.mutate(named('JoinRoom'), { input: { roomId: id } })
  const [adas, bobs, list] = [follow(ada, id), follow(bob, id), listen(bob.rooms)]
  await expect.poll(() => bobs.getSnapshot().isLive).toBe(true)
  const sent = await adas.send({ body: 'hello' })
  await expect.poll(() => bodies(bobs)).toEqual(['hello'])
  await bobs.react(sent.id, '👍')
  await expect.poll(() => adas.getSnapshot().messages[0]?.reactions).toHaveLength(1)
  await expect.poll(() => list.getSnapshot().rooms).toMatchObject([{ title: 'Tea' }])
  await expect(ada.query('{ server { version } }', {})).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
