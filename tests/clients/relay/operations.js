// The operations of the scenario with the directives of Relay. This file is read by relay-compiler alone.

void graphql`query operationsListQuery @throwOnFieldError {
  viewer {
    eventCursor
    memberships(first: 20) { edges { node { id unreadCount room { name } } } }
  }
}`

void graphql`query operationsPageQuery($id: ID!, $last: Int!, $before: String) @throwOnFieldError {
  room(id: $id) {
    messages(last: $last, before: $before) @connection(key: "Room_messages") {
      eventCursor
      edges { node { id number body } }
      pageInfo { startCursor hasPreviousPage }
    }
  }
}`

void graphql`query operationsAroundQuery($id: ID!, $number: Int!) @throwOnFieldError {
  room(id: $id) { messages(around: $number, last: 5) { edges { node { id number body } } } }
}`

void graphql`subscription operationsViewerSubscription($after: EventCursor) {
  viewerEvents(after: $after) { __typename cursor ... on RoomAdvanced { membership { id unreadCount } } }
}`

void graphql`subscription operationsRoomSubscription($id: ID!, $after: EventCursor, $connections: [ID!]!) {
  roomEvents(roomId: $id, after: $after) {
    __typename
    cursor
    ... on MessageSent {
      message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") { id number body }
    }
  }
}`

void graphql`mutation operationsSendMutation($input: SendMessageInput!, $connections: [ID!]!) {
  sendMessage(input: $input) {
    message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") { id number body }
  }
}`

void graphql`mutation operationsReadMutation($input: MarkReadInput!) {
  markRead(input: $input) { membership { id unreadCount } }
}`
