// Apollo over the session and the socket of a Kabar client. node apollo.ts http://localhost:4000/graphql

import { ApolloClient, gql, InMemoryCache } from '@apollo/client'
import { createKabar } from 'kabar-client'
import { kabarLink, kabarTypePolicies, possibleTypes } from 'kabar-client/apollo'

const kabar = createKabar({ url: process.argv[2] ?? 'http://localhost:4000/graphql' })
await kabar.session.signInAsGuest({ displayName: 'Ada' })

const cache = new InMemoryCache({ possibleTypes, typePolicies: kabarTypePolicies })
const apollo = new ApolloClient({ cache, link: kabarLink(kabar) })
const create = gql`mutation { createRoom(input: { name: "Tea" }) { room { id eventCursor } } }`
const { data } = await apollo.mutate<{ createRoom: { room: { id: string; eventCursor: string } } }>({
  mutation: create,
})
const { id, eventCursor } = data?.createRoom.room ?? {}

interface Told {
  roomEvents: { __typename: string; message?: { body: string } }
}
const events = gql`subscription ($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) { __typename cursor ... on MessageSent { message { id body } } }
}`
const heard = new Promise<string>((resolve) => {
  const told = apollo.subscribe<Told>({ query: events, variables: { id, after: eventCursor } })
  told.subscribe(({ data: event }) => event?.roomEvents.message && resolve(event.roomEvents.message.body))
})
const mutation = gql`mutation ($id: ID!, $body: String!) {
  sendMessage(input: { roomId: $id, body: $body }) { message { id } }
}`
await apollo.mutate({ mutation, variables: { id, body: 'Tea is ready.' } })
console.log(await heard)
await kabar.close()
