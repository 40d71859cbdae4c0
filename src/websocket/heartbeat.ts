import type { WebSocket } from 'ws'
import type { Connection } from './connection.ts'

/** The parts of the server that the heartbeat needs. */
export interface HeartbeatOptions {
  readonly open: ReadonlyMap<WebSocket, Connection>
  /** `heartbeatMs` of `config/websocket.ts`. */
  readonly everyMs: number
  /** Called for each socket that is dropped. */
  readonly onDead: () => void
}

/**
 * Pings all sockets, and drops those with a dead peer.
 *
 * A peer is dead if nothing arrived since the last ping, not even a pong. The returned function ends the heartbeat.
 */
export function startHeartbeat({ open, everyMs, onDead }: HeartbeatOptions): () => void {
  const timer = setInterval(() => {
    for (const [socket, connection] of open) {
      const { bytesRead } = connection.tcp
      // a paused socket is dropped by the stall check instead
      if (connection.bytes.isPaused) continue
      if (bytesRead === connection.bytesRead) {
        onDead()
        socket.terminate()
      } else socket.ping()
      connection.bytesRead = bytesRead
    }
  }, everyMs)
  return () => clearInterval(timer)
}
