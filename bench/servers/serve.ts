// Wraps every measured server: a process of its own that reports the resources that it used.

import { memoryUsage } from 'node:process'

/** Settings of a measured server. */
export interface ServerSettings {
  readonly databaseUrl: string
  /** Connections to PostgreSQL, the same number for all that are compared. */
  readonly poolSize: number
  /** Environment variables of the server, beside those of all. */
  readonly env?: Readonly<Record<string, string>>
}

/** A server that listens. */
export interface Listening {
  readonly url: string
  /** The URL of its metrics, where it serves them. */
  readonly metricsUrl?: string | null
  /** The statements that it has sent to PostgreSQL, where it counts them. */
  statements?(): number
  /** Closes all WebSockets, on a code on which clients come back. */
  drop?(): void
}

/** The resources that a process has used since it began. */
export interface Usage {
  readonly cpuMicros: number
  readonly heapBytes: number
  readonly residentBytes: number
  readonly statements: number
}

/** Questions to a server process. */
export type Question = 'usage' | 'usage after collection' | 'drop' | 'quit'

/** Starts a server in this process and answers the parent's questions about it. */
export async function serve(start: (settings: ServerSettings) => Promise<Listening>): Promise<void> {
  const listening = await start(JSON.parse(process.argv[2] ?? '{}') as ServerSettings)
  process.on('message', (question: Question) => {
    if (question === 'quit') process.exit(0)
    if (question === 'drop') listening.drop?.()
    if (question === 'usage after collection') collect()
    process.send?.(usage(listening))
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url: listening.url, metricsUrl: listening.metricsUrl ?? null })
}

function usage(listening: Listening): Usage {
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = memoryUsage()
  return {
    cpuMicros: user + system,
    heapBytes: heapUsed,
    residentBytes: rss,
    statements: listening.statements?.() ?? 0,
  }
}

/** Twice, since what finalizers let go of is only collected by the next. */
function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}
