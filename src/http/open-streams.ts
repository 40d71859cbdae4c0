import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressOf } from './client-address.ts'
import type { Connections } from './connections.ts'
import { onClosed } from './route.ts'

/** The open event streams of a server, counted by address. */
export interface OpenStreams {
  /** Counts a response as an event stream until it closes. False when its address has too many. */
  enter(request: IncomingMessage, response: ServerResponse): boolean
  /** The number of them. */
  size(): number
  /** Cuts off the streams that have begun, so that their clients reconnect. */
  breakOff(): void
}

/** Creates the list of open event streams. */
export function createOpenStreams({ ofAddress }: Pick<Connections, 'ofAddress'>, addressOf: AddressOf): OpenStreams {
  const streams = new Set<ServerResponse>()
  return {
    enter(request, response) {
      if (streams.has(response)) return true
      const leave = ofAddress.enter(addressOf(request))
      if (!leave) return false
      streams.add(response)
      onClosed(response, () => {
        streams.delete(response)
        leave()
      })
      return true
    },
    size: () => streams.size,
    breakOff() {
      for (const stream of streams) if (stream.headersSent) stream.destroy()
    },
  }
}
