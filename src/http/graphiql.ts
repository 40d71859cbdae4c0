/** A tab of GraphiQL. Variables and headers are JSON text. */
export interface GraphiqlTab {
  readonly query: string
  readonly variables?: string
  readonly headers?: string
}

/** What GraphiQL's tabs hold at first: a chat in two minutes, from left to right. */
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
    }
  }
}
`,
    headers: '{ "Authorization": "Bearer " }',
  },
  {
    query: `# 3. Follow the room: put its id into the Variables.
#    Messages appear here as they are sent.
subscription Follow($roomId: ID!) {
  messageAdded(roomId: $roomId) {
    number
    body
    author {
      displayName
    }
  }
}
`,
    variables: '{ "roomId": "" }',
    headers: '{ "Authorization": "Bearer " }',
  },
  {
    query: `# 4. Say something. With a nonce it can be tried
#    again without being said twice.
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
]
