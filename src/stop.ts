// How a server stops: the graceful shutdown. The times are in config/http.ts.
//
// 1. A signal, or the end of the embedded PostgreSQL, calls the function of `createProcessStop`: see main.ts.
// 2. `stopAll` stops the parts in reverse order of their start: clients first, the database last.
// 3. `createClientStop` lets the clients go: the server is unready first, then it refuses requests, ends sockets, and answers
//    what runs. Sockets: websocket/server.ts; requests: http/serve.ts.

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { connectionLimits, type EdgeConfig } from './config/http.ts'

/** Functions that stop the started parts of a server; the last one runs first. */
export type Closers = (() => Promise<unknown>)[]

/** Stops the parts of a server in reverse order of their start. */
export async function stopAll(closers: Closers): Promise<void> {
  while (closers.length > 0) await closers.pop()?.()
}

/** The parts of a process that its stop needs. */
export interface ProcessStopOptions {
  log: Logger
  /** Writes what is left of the log. */
  flush(): void
  /** The server, or what became of its start. */
  started(): Promise<{ server: { close(): Promise<void> } }>
}

/** Ends the process once: see `createProcessStop`. */
export interface ProcessStop {
  stop(exitCode: number, reason: string): Promise<void>
  isStopping(): boolean
}

/** Creates the stop of the process: the server first, and by force after `stopMs`. */
export function createProcessStop({ log, flush, started }: ProcessStopOptions): ProcessStop {
  let stopping = false
  return {
    async stop(exitCode, reason) {
      if (stopping) return
      stopping = true
      log.info({ reason }, 'the server stops')
      setTimeout(() => process.exit(1), connectionLimits.stopMs).unref()
      // wait for the start to finish first, so that nothing is left behind
      const running = await started().catch(() => null)
      await running?.server.close()
      flush()
      process.exit(exitCode)
    },
    isStopping: () => stopping,
  }
}

/** The sides of a server that clients reach. */
export interface Sides {
  http: { refuse(): void; close(): Promise<void> }
  sockets: { close(): Promise<void> }
}

/** How far the clients of a server are let go. */
export interface ClientStop {
  /** True from the beginning: the server is unready. */
  isDraining(): boolean
  /** True when requests and new operations are refused. */
  isRefusing(): boolean
  /** Lets all clients go. */
  letGo(sides: Sides): Promise<void>
}

/** Creates the stop of the clients of one server. */
export function createClientStop({ unreadyMs }: Pick<EdgeConfig, 'unreadyMs'>): ClientStop {
  let draining = false
  let refusing = false
  return {
    isDraining: () => draining,
    isRefusing: () => refusing,
    async letGo({ http, sockets }) {
      draining = true
      // proxies see the unready state before requests are refused
      if (unreadyMs > 0) await wait(unreadyMs)
      refusing = true
      http.refuse()
      await sockets.close()
      await http.close()
    },
  }
}
