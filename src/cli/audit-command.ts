// Records each command as a security event, in the database that it works on.

import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { type AuditEntry, insertEntries } from '../audit/entries.ts'
import { createAuditPrinter } from '../audit/print.ts'
import { doctorLimits } from '../config/doctor.ts'
import { sqlOf } from '../database/sql.ts'
import { splitId } from '../input/ids.ts'

/** A command that runs. */
export interface RunningCommand {
  /** Its name, such as `users delete`. */
  readonly name: string
  /** Its arguments by their names in the help. */
  readonly given: readonly (readonly [name: string, value: string])[]
  /** The names of its options: a value could be a secret. */
  readonly options: readonly string[]
  /** When it is recorded: before the work, only after it, or not at all. */
  readonly recorded: 'before' | 'after' | 'never'
}

const running = new AsyncLocalStorage<RunningCommand>()

/** Runs a command, so that `withRecord` knows which one it is. */
export const runAs = <T>(command: RunningCommand, work: () => Promise<T>): Promise<T> => running.run(command, work)

/**
 * Records the running command in a database, and does the work.
 *
 * It is recorded first, so that one that fails halfway is known too. Where that is impossible, because there are no
 * tables yet or a restore needs an empty database, it is recorded afterwards. A database that takes no writes does not
 * keep commands from reading.
 */
export async function withRecord<T>(
  { url, isPrinted }: { url: string; isPrinted: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const command = running.getStore()
  if (!command || command.recorded === 'never') return work()
  const record = () => recordCommand(command, { url, isPrinted }).catch(() => false)
  const isRecorded = command.recorded === 'before' && (await record())
  const result = await work()
  if (!isRecorded) await record()
  return result
}

async function recordCommand(
  command: RunningCommand,
  { url, isPrinted }: { url: string; isPrinted: boolean },
): Promise<boolean> {
  const client = new pg.Client({
    ...{ connectionString: url, application_name: 'kabar', connectionTimeoutMillis: doctorLimits.connectMs },
  })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query(
      `/* recordCommand */ select where to_regclass('audit_events') is not null and to_regclass('users') is not null`,
    )
    if (rows.length === 0) return false
    const written = await insertEntries(
      sqlOf(client, () => undefined),
      [await toEntry(client, command)],
    )
    if (isPrinted) createAuditPrinter((line) => process.stderr.write(line))(written)
    return true
  } finally {
    await client.end()
  }
}

async function toEntry(client: pg.Client, { name, given, options }: RunningCommand): Promise<AuditEntry> {
  const of = (argument: string) => given.find(([known]) => known === argument)?.[1]
  const { rows } = await client.query<{ userId: string | null; roomId: string | null }>(
    `/* recordCommand */ select (select id from users where username = lower($1)) as "userId",
       (select id from rooms where code = $2) as "roomId"`,
    [of('USERNAME') ?? null, of('CODE') ?? null],
  )
  const others = given.filter(([known]) => known !== 'USERNAME').map(([, value]) => value)
  return {
    kind: 'COMMAND_RUN',
    ...rows[0],
    subjectId: splitId(of('REPORT') ?? '')?.uuid ?? null,
    detail: [name, ...others, ...options.map((option) => `--${option}`)].join(' ').toWellFormed().replaceAll('\0', ''),
  }
}
