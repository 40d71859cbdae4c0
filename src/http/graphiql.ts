/** A tab of GraphiQL. Variables and headers are JSON text. */
export interface GraphiqlTab {
  readonly query: string
  readonly variables?: string
  readonly headers?: string
}

/** The initial tabs of GraphiQL: a chat in two minutes, from left to right. */
export const graphiqlTabs: readonly GraphiqlTab[] = [
  {
    query: `# 1. Run this, and copy the accessToken into the
#    Headers of the next tabs:
#    { "Authorization": "Bearer …" }
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
    query: `# 2. A room to talk in. Others join it by its code.
mutation CreateRoom {
  createRoom(input: { name: "Lobby", access: OPEN }) {
    room {
      id
      code
      eventCursor
    }
  }
}
`,
    headers: '{ "Authorization": "Bearer " }',
  },
  {
    query: `# 3. Say something: put the id of the room into the
#    Variables. With a nonce it can be tried again without
#    being said twice; to say more, take another one.
mutation Send($roomId: ID!) {
  sendMessage(input: { roomId: $roomId, body: "Hello!", nonce: "hello-1" }) {
    message {
      number
      body
    }
  }
}
`,
    variables: '{ "roomId": "" }',
    headers: '{ "Authorization": "Bearer " }',
  },
  {
    query: `# 4. Follow the room from its eventCursor on: what was
#    said since comes first, then all that is said now.
#    GraphiQL ends this when you open another tab. Run it
#    again when you are back, and nothing is missing.
subscription Follow($roomId: ID!, $after: EventCursor) {
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
    headers: '{ "Authorization": "Bearer " }',
  },
]
