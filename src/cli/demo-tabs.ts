import type { GraphiqlTab } from '../http/graphiql.ts'
import { formatId } from '../input/ids.ts'
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

const followSubscription = `# Follow the room from where the demo began: what you have said comes first, then all that is said now.
# GraphiQL ends this when you open another tab. Run it again when you are back, and nothing is missing.
subscription Follow($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on MessageSent { message { number body author { displayName } } }
  }
}
`

const sendMutation = `# Say something. With a nonce it can be tried again without being said twice; to say more, take another one.
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

/** Creates the tabs of GraphiQL for the demo, signed in as its first user. */
export function demoTabs({ accessToken, rooms, eventCursor }: DemoWorld): GraphiqlTab[] {
  const headers = JSON.stringify({ Authorization: `Bearer ${accessToken}` }, null, 2)
  const [room] = rooms
  const roomId = room && formatId('Room', room.id)
  const variables = JSON.stringify({ roomId }, null, 2)
  return [
    { query: viewerQuery, headers },
    { query: historyQuery, variables, headers },
    { query: sendMutation, variables, headers },
    { query: followSubscription, variables: JSON.stringify({ roomId, after: eventCursor }, null, 2), headers },
    { query: signInMutation },
  ]
}
