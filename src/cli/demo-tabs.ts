import type { GraphiqlContent } from '../http/graphiql-tabs.ts'
import { formatId } from '../input/ids.ts'
import type { DemoWorld } from './demo-seed.ts'
import { demoPassword, demoUsers } from './demo-world.ts'

const viewerQuery = `# You are signed in as Ada. Your rooms, the most
# recently active first:
query Rooms {
  viewer {
    user { displayName }
    unreadCount
    memberships {
      nodes {
        role
        unreadCount
        room {
          id name kind access code memberCount
          lastMessage { body }
        }
      }
    }
  }
}
`

const historyQuery = `# The newest messages of the tea table, and the
# position in its feed that they are from.
query History($roomId: ID!) {
  room(id: $roomId) {
    name
    messageCount
    eventCursor
    messages(last: 20) {
      nodes {
        id number body editedAt deletedAt
        author { displayName }
        replyTo { number body }
      }
    }
  }
}
`

const followSubscription = `# Follow the room from where the demo began: first
# come the messages since then, then new ones.
# GraphiQL ends this when you open another tab. Run
# it again when you are back: nothing is missing.
subscription Follow(
  $roomId: ID!
  $after: EventCursor
) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on MessageSent {
      message {
        number
        body
        author { displayName }
      }
    }
  }
}
`

const sendMutation = `# Send a message. With the same nonce it is stored
# once; to send more, take another nonce.
mutation Send($roomId: ID!) {
  sendMessage(
    input: {
      roomId: $roomId
      body: "Is there still tea?"
      nonce: "tea-1"
    }
  ) {
    message { id number body }
  }
}
`

const signInMutation = `# Become somebody else, on all tabs, for a day.
mutation SignIn {
  signIn(
    input: {
      username: "${demoUsers[1].username}"
      password: "${demoPassword}"
    }
  ) {
    accessToken
    viewer { user { displayName } }
  }
}
`

/** Creates the tabs of GraphiQL for the demo, signed in as its first user. */
export function demoGraphiql({ accessToken, rooms, eventCursor }: DemoWorld): GraphiqlContent {
  const [room] = rooms
  const roomId = room && formatId('Room', room.id)
  const variables = JSON.stringify({ roomId }, null, 2)
  const tabs = [
    { query: viewerQuery },
    { query: historyQuery, variables },
    { query: sendMutation, variables },
    { query: followSubscription, variables: JSON.stringify({ roomId, after: eventCursor }, null, 2) },
    { query: signInMutation },
  ]
  return { tabs, token: accessToken }
}
