// The message that all servers of the fan-out deliver: the same shape and size as Kabar's.

/** A message as a client selects it. */
export interface FanOutMessage {
  readonly id: string
  readonly number: number
  readonly body: string
  readonly createdAt: string
  readonly author: { readonly id: string; readonly displayName: string }
}

/** The schema of the servers that are compared, as their documentation would write it. */
export const typeDefs = /* GraphQL */ `
  type User { id: ID! displayName: String! }
  type Message { id: ID! number: Int! body: String! createdAt: String! author: User! }
  type Query { ready: Boolean! }
  type Mutation { publish(roomId: ID!, body: String!, count: Int!): Boolean! }
  type Subscription { messageAdded(roomId: ID!): Message! }
`

/** Makes messages with numbers of their own, as large as those of Kabar. */
export function createMessages(): (body: string) => FanOutMessage {
  let number = 0
  return (body) => {
    number += 1
    return {
      id: `msg_01jd000000e0a0000000${String(number).padStart(6, '0')}`,
      number,
      body,
      createdAt: new Date().toISOString(),
      author: { id: 'user_01jd000000e0a0000000000000', displayName: 'Member 0' },
    }
  }
}
