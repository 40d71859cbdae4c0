// Thousands of idle subscribers, each on a socket of its own, who come back when they are dropped.

import { connectGraphQL, operation } from './dialects.ts'
import { openSocket, type RawSocket } from './socket.ts'

/** Where one of the crowd listens, and as whom. */
export interface Seat {
  readonly url: string
  readonly token: string
  readonly roomId: string
}

/** Opens the socket of a seat: resolves when its subscription is live, with the place to resume from. */
export type TakeSeat = (seat: Seat, after: string | null) => Promise<{ socket: RawSocket; cursor: string | null }>

/** A crowd that listens. */
export interface Crowd {
  readonly size: number
  /** Resolves when every socket has been closed by the server and all are back. */
  comeBack(): Promise<void>
  end(): void
}

const openedAtOnce = 200
const message = 'message { id number body createdAt author { id displayName } }'
const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { __typename cursor ... on MessageSent { ${message} } }
}`
const messageAdded =
  'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { id number body createdAt author { id displayName } } }'

/** Kabar says when a subscription is live, and where. */
export const takeKabarSeat: TakeSeat = async ({ url, token, roomId }, after) => {
  const socket = await connectGraphQL({ url, token })
  return { socket, cursor: await follow(socket, { roomId, after }) }
}

/** Subscribes to the events of a room on a socket of Kabar: resolves when it is live, with the place to resume from. */
export async function follow(socket: RawSocket, room: { roomId: string; after: string | null }): Promise<string> {
  socket.send(operation('1', roomEvents, room))
  const text = await socket.next()
  const [, cursor] = /"Synced","cursor":"([^"]+)"/.exec(text) ?? []
  if (!cursor) throw new Error(`a subscription did not become live: ${text}`)
  return cursor
}

/** graphql-ws says nothing of that: the answer to a query that was sent after it must do. */
export const takeGraphQLSeat: TakeSeat = async ({ url, token, roomId }) => {
  const socket = await connectGraphQL({ url, token })
  socket.send(operation('1', messageAdded, { roomId }), operation('2', '{ ready }', {}))
  await socket.next()
  return { socket, cursor: null }
}

/** `ws` alone: who is connected is subscribed. */
export const takePlainSeat: TakeSeat = async ({ url }) => ({
  socket: await openSocket({ url, path: '/graphql' }),
  cursor: null,
})

/** Opens a crowd: resolves when all are live. */
export async function openCrowd(seats: readonly Seat[], take: TakeSeat): Promise<Crowd> {
  const sockets: RawSocket[] = []
  const cursors: (string | null)[] = []
  let dropped = 0
  let allDropped = () => {}

  async function seatAll(): Promise<void> {
    let next = 0
    const seatOthers = async () => {
      while (next < seats.length) {
        const index = next++
        const { socket, cursor } = await take(seats[index] as Seat, cursors[index] ?? null)
        sockets[index] = socket
        cursors[index] = cursor
        socket.onText = () => {}
        socket.onClosed = () => {
          dropped += 1
          if (dropped === seats.length) allDropped()
        }
      }
    }
    await Promise.all(Array.from({ length: openedAtOnce }, seatOthers))
  }

  await seatAll()
  return {
    size: seats.length,
    async comeBack() {
      if (dropped < seats.length) {
        await new Promise<void>((resolve) => {
          allDropped = resolve
        })
      }
      dropped = 0
      await seatAll()
    },
    end() {
      for (const socket of sockets) {
        socket.onClosed = () => {}
        socket.end()
      }
    },
  }
}
