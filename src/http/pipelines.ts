// Requests that come on one HTTP connection before those before them are answered.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The requests of HTTP connections, one after another. */
export interface Pipelines {
  /** Answers a request when those before it on its connection have been answered, and their answers taken. */
  enter(request: IncomingMessage, response: ServerResponse, answer: () => void): void
  /** Whether a connection has a request whose answer was not taken. */
  isBusy(socket: Socket): boolean
}

/**
 * Makes the lines in which requests wait for those before them.
 *
 * No answer is made while the one before it is not taken, so that a connection never has more than one.
 *
 * @param onExcess called with a connection on which more than `waitingMax` wait.
 */
export function createPipelines(waitingMax: number, onExcess: (socket: Socket) => void): Pipelines {
  /** A connection has a line while it is answered. */
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
      // its answer is taken by then, or the connection gone
      response.once('close', () => goOn(socket))
      if (line) line.push(answer)
      else {
        lines.set(socket, [])
        answer()
      }
    },
  }
}
