// Refused attempts, such as sign-ins. They come in any number, so that equal ones become one row with a count.

import type { Clock } from '../concurrency/clock.ts'
import { auditLimits } from '../config/audit.ts'
import type { AuditEvent } from '../generated/prisma/client.ts'
import type { AuditEntry } from './entries.ts'

/** Counts refused attempts: see `createRefusals`. */
export interface Refusals {
  /** Records a refused attempt. It is written within some seconds, and never delays the caller. */
  note(entry: Omit<AuditEntry, 'times'>): void
  /** Writes everything that was noted before. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Options of `createRefusals`. */
export interface RefusalsOptions {
  readonly clock: Clock
  /** Inserts rows, and returns them. */
  insert(entries: readonly AuditEntry[]): Promise<readonly AuditEvent[]>
  onWritten(rows: readonly AuditEvent[]): void
  onError(error: unknown): void
}

/**
 * Creates the counter of one server.
 *
 * At most `waitingMax` different ones wait; of further ones only the kind and the detail are kept. While the database
 * is away they go on counting.
 */
export function createRefusals({ clock, insert, onWritten, onError }: RefusalsOptions): Refusals {
  let waiting = new Map<string, AuditEntry & { times: number }>()
  let cancel: (() => void) | null = null
  let writing: Promise<void> = Promise.resolve()

  function add(entry: AuditEntry, times: number): void {
    const whole = JSON.stringify(entry)
    const { kind, detail } = entry
    const isKnown = waiting.has(whole) || waiting.size < auditLimits.waitingMax
    const kept: AuditEntry = isKnown ? entry : { kind, ...(detail !== undefined && { detail }) }
    const key = isKnown ? whole : JSON.stringify(kept)
    const known = waiting.get(key)
    if (known) known.times += times
    else waiting.set(key, { ...kept, times })
  }

  async function write(): Promise<void> {
    cancel?.()
    cancel = null
    const taken = waiting
    waiting = new Map()
    if (taken.size === 0) return
    try {
      onWritten(await insert([...taken.values()]))
    } catch (error) {
      onError(error)
      for (const { times, ...entry } of taken.values()) add(entry, times)
      plan()
    }
  }

  const flush = () => {
    writing = writing.then(write)
    return writing
  }

  function plan(): void {
    cancel ??= clock.after(auditLimits.refusalsMs, () => void flush())
  }

  return {
    note(entry) {
      add(entry, 1)
      plan()
    },
    flush,
    async close() {
      await flush()
      // what could not be written is lost with the process
      cancel?.()
    },
  }
}
