// The mutation that sends a message, as it is written without Kabar's batches: the same checks, tables and answer.

import { useServer } from 'graphql-ws/use/ws'
import { createSchema, createYoga } from 'graphql-yoga'
import { v7 as uuid } from 'uuid'
import { WebSocketServer } from 'ws'
import { formatId, parseId } from '../../src/input/ids.ts'
import { listen } from './listen.ts'
import { yogaOverWebSocket } from './yoga-over-websocket.ts'

/** A message to store. */
export interface NewMessage {
  readonly id: string
  readonly roomId: string
  readonly authorId: string
  readonly body: string
}

/** Stores a message durably and tells the other servers; gives its number. */
export type Store = (message: NewMessage) => Promise<number>

interface SendInput {
  roomId: string
  body: string
}

/** Serves `sendMessage` over HTTP and WebSocket. Who sends is taken from the request as it is, without any check. */
export async function serveSends(store: Store): Promise<string> {
  const schema = createSchema<{ authorId: string }>({
    typeDefs: /* GraphQL */ `
      input SendMessageInput { roomId: ID! body: String! }
      type Message { id: ID! number: Int! }
      type SendMessagePayload { message: Message! }
      type Query { ready: Boolean! }
      type Mutation { sendMessage(input: SendMessageInput!): SendMessagePayload! }
    `,
    resolvers: {
      Query: { ready: () => true },
      Mutation: {
        async sendMessage(_: unknown, { input }: { input: SendInput }, { authorId }) {
          const id = uuid()
          const roomId = parseId('Room', input.roomId, 'input.roomId')
          const number = await store({ id, roomId, authorId, body: input.body })
          return { message: { id: formatId('Message', id), number } }
        },
      },
    },
  })
  const yoga = createYoga<{ connectionParams?: { userId: string } }, { authorId: string }>({
    schema,
    graphiql: false,
    logging: false,
    context: ({ connectionParams, request }) => ({
      authorId: connectionParams?.userId ?? request.headers.get('x-user-id') ?? '',
    }),
  })
  const { server, url } = await listen(yoga)
  useServer(yogaOverWebSocket(yoga), new WebSocketServer({ server, path: yoga.graphqlEndpoint }))
  return url
}
