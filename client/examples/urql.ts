// urql over the session and the socket of a Kabar client. node urql.ts http://localhost:4000/graphql

import { Client, cacheExchange } from '@urql/core'
import { createKabar } from 'kabar-client'
import { kabarExchange } from 'kabar-client/urql'

const kabar = createKabar({ url: process.argv[2] ?? 'http://localhost:4000/graphql' })
await kabar.session.signInAsGuest({ displayName: 'Ada' })

const urql = new Client({ url: kabar.url, preferGetMethod: false, exchanges: [cacheExchange, kabarExchange(kabar)] })
const { data } = await urql.mutation('mutation { createRoom(input: { name: "Tea" }) { room { id eventCursor } } }', {})
const { id, eventCursor } = data.createRoom.room

const events = `subscription ($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) { __typename cursor ... on MessageSent { message { id body } } }
}`
const heard = new Promise<string>((resolve) => {
  urql.subscription(events, { id, after: eventCursor }).subscribe(({ data: told }) => {
    if (told?.roomEvents.__typename === 'MessageSent') resolve(told.roomEvents.message.body)
  })
})
const send =
  'mutation ($id: ID!, $body: String!) { sendMessage(input: { roomId: $id, body: $body }) { message { id } } }'
await urql.mutation(send, { id, body: 'Tea is ready.' })
console.log(await heard)
await kabar.close()
