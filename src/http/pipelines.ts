// HTTP pipelining: requests sent on a connection before earlier ones are answered.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Answers the requests of each HTTP connection one after another. */
export interface Pipelines {
  /** Answers a request after the client has taken the answers of earlier requests on the connection. */
  enter(request: IncomingMessage, response: ServerResponse, answer: () => void): void
  /** Tells whether a connection has a request whose answer is not taken yet. */
  isBusy(socket: Socket): boolean
}

/**
 * Creates the queues in which pipelined requests wait.
 *
 * An answer is produced after the one before it was taken, so that a connection never holds more than one.
 *
 * @param onExcess called with a connection on which more than `waitingMax` requests wait.
 */
export function createPipelines(waitingMax: number, onExcess: (socket: Socket) => void): Pipelines {
  /** A connection has a queue while one of its requests is answered. */
  const lines = new WeakMap<Socket, (() => void)[]>()

  function goOn(socket: Socket): void {
    const next = socket.destroyed ? undefined : lines.get(socket)?.shift()
    if (next) next()
    else lines.delete(socket)
  }

  return {
    isBusy: (socket) => lines.has(socket),
    enter({ socket }, response, answer) {
      const line = lines.get(socket)
      if (line && line.length >= waitingMax) {
        onExcess(socket)
        return
      }
      // by then the answer is taken, or the connection closed
      response.once('close', () => goOn(socket))
      if (line) line.push(answer)
      else {
        lines.set(socket, [])
        answer()
      }
    },
  }
}
