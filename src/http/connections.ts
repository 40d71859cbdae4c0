// Limits of open connections, sockets and event streams on this server.

import type { EdgeConfig } from '../config/http.ts'
import { socketRatios } from '../config/websocket.ts'
import { AppError } from '../errors.ts'

/** Counts open connections per key: see `createQuota`. */
export interface Quota {
  /** Takes a slot; null when none is free. The returned function releases the slot, once. */
  enter(key: string): (() => void) | null
}

/** Creates a limit of open connections per key. */
function createQuota(max: number): Quota {
  const open = new Map<string, number>()
  return {
    enter(key) {
      const count = open.get(key) ?? 0
      if (count >= max) return null
      open.set(key, count + 1)
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        const left = (open.get(key) ?? 1) - 1
        if (left > 0) open.set(key, left)
        else open.delete(key)
      }
    },
  }
}

/** The open sockets and event streams of one server. */
export interface Connections {
  /** Connections of any kind, by the peer address. */
  readonly ofRemote: Quota
  readonly ofAddress: Quota
  readonly ofUser: Quota
}

/** Creates the limits of connections, sockets and event streams. */
export function createConnections({
  socketsPerAddressMax,
  socketsPerUserMax,
}: Pick<EdgeConfig, 'socketsPerAddressMax' | 'socketsPerUserMax'>): Connections {
  return {
    ofRemote: createQuota(socketRatios.connectionsPerSocket * socketsPerAddressMax),
    ofAddress: createQuota(socketsPerAddressMax),
    ofUser: createQuota(socketsPerUserMax),
  }
}

/** Creates the error of one socket or event stream too many. */
export function tooManyConnections(whose: 'address' | 'user'): AppError {
  const message = `This ${whose} has too many sockets and event streams open. Close some, or use one socket for all subscriptions.`
  return new AppError('TOO_MANY_SUBSCRIPTIONS', message)
}
