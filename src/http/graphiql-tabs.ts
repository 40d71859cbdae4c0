/** A tab of GraphiQL. Variables are JSON text. */
export interface GraphiqlTab {
  readonly query: string
  readonly variables?: string
}

/** The contents with which GraphiQL opens. Lines of more than 52 characters are cut off where the window is 1,280 pixels wide. */
export interface GraphiqlContent {
  readonly tabs: readonly GraphiqlTab[]
  /** The access token of all tabs, until somebody signs in or writes another one. */
  readonly token?: string
}

/** The initial tabs of GraphiQL: a chat in two minutes, from left to right. */
export const graphiqlTabs: readonly GraphiqlTab[] = [
  {
    query: `# 1. Run this: you are then signed in on all tabs,
#    with the accessToken of the answer.
mutation SignInAsGuest {
  signInAsGuest(input: { displayName: "Ada" }) {
    accessToken
    viewer {
      user {
        id
        displayName
      }
    }
  }
}
`,
  },
  {
    query: `# 2. A room to talk in. Others join by its code.
mutation CreateRoom {
  createRoom(input: { name: "Lobby" }) {
    room {
      id
      code
      eventCursor
    }
  }
}
`,
  },
  {
    query: `# 3. Send a message: put the id of the room into
#    the Variables. With the same nonce it is stored
#    once; to send more, take another nonce.
mutation Send($roomId: ID!) {
  sendMessage(
    input: {
      roomId: $roomId
      body: "Hello!"
      nonce: "hello-1"
    }
  ) {
    message {
      number
      body
    }
  }
}
`,
    variables: '{ "roomId": "" }',
  },
  {
    query: `# 4. Follow the room from its eventCursor on: first
#    come the messages since then, then new ones.
#    GraphiQL ends this when you open another tab.
#    Run it again afterwards: nothing is missing.
subscription Follow(
  $roomId: ID!
  $after: EventCursor
) {
  messageAdded(roomId: $roomId, after: $after) {
    number
    body
    author {
      displayName
    }
  }
}
`,
    variables: '{ "roomId": "", "after": "" }',
  },
]
