// How each server is spoken to over a WebSocket: getting in, subscribing, publishing.

import { openSocket, type RawSocket } from './socket.ts'

/** How one kind of server wants to be spoken to. */
export interface Dialect {
  /** Opens a socket that receives the messages of the room. */
  subscribe(target: { url: string; roomId: string; token: string }): Promise<RawSocket>
  /** Opens a socket that publishes. */
  connect(target: { url: string; token: string }): Promise<RawSocket>
  /** The frames that publish so many messages. */
  publish(message: { roomId: string; body: string; count: number }): string[]
}

/** Where to get in, and as whom. */
export interface Credentials {
  readonly url: string
  readonly token: string
  /** The user that servers without sign-in assume. */
  readonly userId?: string
}

const selection = 'id number body createdAt author { id displayName }'
const subscription = `subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { ${selection} } }`
const publication =
  'mutation ($roomId: ID!, $body: String!, $count: Int!) { publish(roomId: $roomId, body: $body, count: $count) }'
const sending = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id number } } }'

/** Opens a socket that speaks graphql-transport-ws and waits until it is let in. */
export async function connectGraphQL({ url, token, userId }: Credentials): Promise<RawSocket> {
  const socket = await openSocket({ url, path: '/graphql', protocol: 'graphql-transport-ws' })
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}`, userId } }))
  const answer = await socket.next()
  if (!answer.includes('connection_ack')) throw new Error(`the server did not let a socket in: ${answer}`)
  return socket
}

/** The frame that starts an operation. */
export function operation(id: string, query: string, variables: Record<string, unknown>): string {
  return JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })
}

const graphQL = {
  connect: connectGraphQL,
  async subscribe({ url, roomId, token }: { url: string; roomId: string; token: string }) {
    const socket = await connectGraphQL({ url, token })
    socket.send(operation('1', subscription, { roomId }))
    return socket
  },
}

let operations = 0

/** Kabar: each message is an operation of its own, and all of them leave in one write. */
export const kabar: Dialect = {
  ...graphQL,
  publish: ({ roomId, body, count }) =>
    Array.from({ length: count }, () => operation(String(++operations), sending, { input: { roomId, body } })),
}

/** Servers with the mutation `publish` over graphql-ws. */
export const publishing: Dialect = {
  ...graphQL,
  publish: (message) => [operation(String(++operations), publication, message)],
}

/** `ws` without a protocol. */
export const plain: Dialect = {
  connect: ({ url }) => openSocket({ url, path: '/graphql' }),
  subscribe: ({ url }) => openSocket({ url, path: '/graphql' }),
  publish: ({ body, count }) => [JSON.stringify({ body, count })],
}

/** Socket.IO over WebSocket alone (Engine.IO 4). */
export const socketIo: Dialect = {
  connect: openSocketIo,
  async subscribe({ url, roomId }) {
    const socket = await openSocketIo({ url })
    socket.send(`42${JSON.stringify(['join', roomId])}`)
    return socket
  },
  publish: ({ roomId, body, count }) => [`42${JSON.stringify(['publish', roomId, body, count])}`],
}

async function openSocketIo({ url }: { url: string }): Promise<RawSocket> {
  const socket = await openSocket({ url, path: '/socket.io/?EIO=4&transport=websocket' })
  await socket.next()
  socket.send('40')
  const answer = await socket.next()
  if (!answer.startsWith('40')) throw new Error(`the server did not let a socket in: ${answer}`)
  return socket
}
