import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** Writes frames to one socket. */
export interface SocketWriter {
  /** Sends one frame. All frames of one tick leave in one write. Sending to a closed socket does nothing. */
  send(text: string): void
  /** Bytes that the other end has not taken yet. */
  bufferedBytes(): number
  /** Resolves when all has been handed to the network, or the socket is gone. */
  drained(): Promise<void>
  /** Gives up on a reader that takes nothing, with a code on which clients come back. */
  abandon(): void
}

/** How long a socket that is given up has to say goodbye. */
const goodbyeMs = 1_000

/** Makes the writer of a WebSocket over its TCP socket. */
export function createSocketWriter(socket: WebSocket, tcp: Socket): SocketWriter {
  let corked = false

  function uncork(): void {
    corked = false
    tcp.uncork()
  }

  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return
      if (!corked) {
        corked = true
        tcp.cork()
        process.nextTick(uncork)
      }
      socket.send(text)
    },
    bufferedBytes: () => socket.bufferedAmount,
    drained() {
      if (!tcp.writableNeedDrain || tcp.destroyed) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          tcp.off('drain', done)
          tcp.off('close', done)
          resolve()
        }
        tcp.once('drain', done)
        tcp.once('close', done)
      })
    },
    abandon() {
      socket.close(1013, 'The client does not read')
      setTimeout(() => socket.terminate(), goodbyeMs).unref()
    },
  }
}
