// Plain JavaScript: signs in, makes a room, shows it, and says something. node plain.ts http://localhost:4000/graphql

import { createKabar, KabarError } from 'kabar-client'

const kabar = createKabar({ url: process.argv[2] ?? 'http://localhost:4000/graphql' })

try {
  await kabar.session.signInAsGuest({ displayName: 'Ada' })
} catch (error) {
  if (error instanceof KabarError) console.error(error.code, error.message)
  throw error
}

const createRoom = 'mutation { createRoom(input: { name: "Tea", access: OPEN }) { room { id code } } }'
const made = await kabar.mutate<{ createRoom: { room: { id: string; code: string } } }>(createRoom)
const room = kabar.room(made.createRoom.room.id)

// it is followed while somebody listens: read once, and kept right by events
const stop = room.subscribe(() => {
  const { title, messages } = room.getSnapshot()
  console.log(title, messages.map(({ body, state }) => `${body} (${state})`).join(', '))
})

await room.send({ body: 'Tea is ready.' })
stop()
await kabar.close()
