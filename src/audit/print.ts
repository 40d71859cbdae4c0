import type { AuditEvent } from '../generated/prisma/client.ts'

/** Tells of written rows. */
export type OnAudit = (rows: readonly AuditEvent[]) => void

/** Prints rows as lines of JSON, for a collector of logs. The ids are those of the database. */
export function createAuditPrinter(write: (line: string) => void): OnAudit {
  return (rows) => {
    for (const row of rows) {
      const { at, ...rest } = row
      const known = Object.entries(rest).filter(([, value]) => value !== null)
      write(`${JSON.stringify({ audit: true, at: at.toISOString(), ...Object.fromEntries(known) })}\n`)
    }
  }
}
