// Clients that were away for long, and read all that they have missed; again and again.

import { follow } from './crowd.ts'
import { connectGraphQL, operation } from './dialects.ts'

/** A room at a server, and somebody who follows it. */
export interface Place {
  readonly url: string
  readonly token: string
  readonly roomId: string
}

/** Somebody who comes back: see `openReturning`. */
export interface Returning {
  /** Follows the room since then; resolves when everything has come, or fails when something is missing. */
  comeBack(): Promise<void>
  end(): void
}

const message = 'message { id number body createdAt author { id displayName } }'
const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { __typename cursor ... on MessageSent { ${message} } }
}`

/** Reads the cursor of a room as it is now. */
export async function readCursor({ url, token, roomId }: Place): Promise<string> {
  const socket = await connectGraphQL({ url, token })
  try {
    return await follow(socket, { roomId, after: null })
  } finally {
    socket.onClosed = () => {}
    socket.end()
  }
}

/** Opens the socket of somebody who has missed at least so many events since a cursor. */
export async function openReturning(
  { url, token, roomId }: Place,
  { after, missed }: { after: string; missed: number },
): Promise<Returning> {
  const socket = await connectGraphQL({ url, token })
  let operations = 0
  return {
    comeBack() {
      operations += 1
      const id = String(operations)
      let events = 0
      socket.send(operation(id, roomEvents, { roomId, after }))
      return new Promise((resolve, reject) => {
        socket.onClosed = () => reject(new Error('the server closed the socket of somebody who came back'))
        socket.onText = (payload) => {
          if (payload.includes('"MessageSent"')) events += 1
          if (payload.includes('"errors"') || payload.includes('"ResyncRequired"')) reject(new Error(String(payload)))
          if (!payload.includes('"Synced"')) return
          socket.send(JSON.stringify({ id, type: 'complete' }))
          if (events < missed) reject(new Error(`only ${events} of ${missed} events came`))
          else resolve()
        }
      })
    },
    end() {
      socket.onClosed = () => {}
      socket.end()
    },
  }
}
