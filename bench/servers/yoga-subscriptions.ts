// GraphQL Yoga with graphql-ws and its own pub/sub, as their documentation shows.

import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { listen } from './listen.ts'
import { createMessages, type FanOutMessage, typeDefs } from './message.ts'
import { serve } from './serve.ts'
import { yogaOverWebSocket } from './yoga-over-websocket.ts'

await serve(async () => {
  const pubSub = createPubSub<{ messageAdded: [roomId: string, message: FanOutMessage] }>()
  const makeMessage = createMessages()
  const schema = createSchema({
    typeDefs,
    resolvers: {
      Query: { ready: () => true },
      Mutation: {
        publish(_: unknown, { roomId, body, count }: { roomId: string; body: string; count: number }) {
          for (let i = 0; i < count; i++) pubSub.publish('messageAdded', roomId, makeMessage(body))
          return true
        },
      },
      Subscription: {
        messageAdded: {
          subscribe: (_: unknown, { roomId }: { roomId: string }) => pubSub.subscribe('messageAdded', roomId),
          resolve: (message: FanOutMessage) => message,
        },
      },
    },
  })
  const yoga = createYoga({ schema, graphiql: false, logging: false })
  const { server, url } = await listen(yoga)
  const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint })
  useServer(yogaOverWebSocket(yoga), sockets)
  return {
    url,
    drop() {
      for (const socket of sockets.clients) socket.close(1012)
    },
  }
})
