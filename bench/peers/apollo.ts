// @apollo/server with graphql-ws and graphql-subscriptions, as Apollo's documentation shows.

import { ApolloServer } from '@apollo/server'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { PubSub } from 'graphql-subscriptions'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { listen } from '../servers/listen.ts'
import { createMessages, typeDefs } from '../servers/message.ts'
import { serve } from '../servers/serve.ts'

await serve(async () => {
  const pubsub = new PubSub()
  const makeMessage = createMessages()
  const schema = makeExecutableSchema({
    typeDefs,
    resolvers: {
      Query: { ready: () => true },
      Mutation: {
        async publish(_: unknown, { roomId, body, count }: { roomId: string; body: string; count: number }) {
          for (let i = 0; i < count; i++) await pubsub.publish(roomId, { messageAdded: makeMessage(body) })
          return true
        },
      },
      Subscription: {
        messageAdded: {
          subscribe: (_: unknown, { roomId }: { roomId: string }) => pubsub.asyncIterableIterator(roomId),
        },
      },
    },
  })
  // only subscriptions are measured: HTTP has no route, but the server validates the schema and runs its plugins
  await new ApolloServer({ schema }).start()
  const { server, url } = await listen((_, response) => response.writeHead(404).end())
  useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }))
  return { url }
})
