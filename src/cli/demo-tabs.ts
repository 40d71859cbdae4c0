import { formatId } from '../graphql/ids.ts'
import type { GraphiqlTab } from '../http/graphiql.ts'
import type { DemoWorld } from './demo-seed.ts'
import { demoPassword, demoUsers } from './demo-world.ts'

const viewerQuery = `# You are signed in as Ada: see the Headers below. Your rooms, the most recently active first:
query Rooms {
  viewer {
    user { displayName }
    unreadCount
    memberships {
      nodes {
        role
        unreadCount
        room { id name kind access code memberCount lastMessage { body } }
      }
    }
  }
}
`

const historyQuery = `# The newest messages of the tea table, and the place in its feed that they are from.
query History($roomId: ID!) {
  room(id: $roomId) {
    name
    messageCount
    eventCursor
    messages(last: 20) {
      nodes { id number body author { displayName } replyTo { number body } editedAt deletedAt }
    }
  }
}
`

const followSubscription = `# Follow the room. It stays open: send something in the next tab, and come back.
subscription Follow($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on MessageSent { message { number body author { displayName } } }
  }
}
`

const sendMutation = `# Say something. With a nonce it can be tried again without being said twice.
mutation Send($roomId: ID!) {
  sendMessage(input: { roomId: $roomId, body: "Is there still tea?", nonce: "tea-1" }) {
    message { id number body }
  }
}
`

const signInMutation = `# Become somebody else: put this accessToken into the Headers of the other tabs. It lasts for a day.
mutation SignIn {
  signIn(input: { username: "${demoUsers[1].username}", password: "${demoPassword}" }) {
    accessToken
    viewer { user { displayName } }
  }
}
`

/** Makes GraphiQL's tabs for the demo: signed in as its first user. */
export function demoTabs({ accessToken, rooms }: DemoWorld): GraphiqlTab[] {
  const headers = JSON.stringify({ Authorization: `Bearer ${accessToken}` }, null, 2)
  const [room] = rooms
  const variables = JSON.stringify({ roomId: room && formatId('Room', room.id) }, null, 2)
  return [
    { query: viewerQuery, headers },
    { query: historyQuery, variables, headers },
    { query: followSubscription, variables, headers },
    { query: sendMutation, variables, headers },
    { query: signInMutation },
  ]
}
