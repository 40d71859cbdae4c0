import pg from 'pg'
import { openClient } from './database.ts'
import type { Statement } from './statements.ts'

/** A statement, its plan, and the rows that it has read. */
export interface Reading {
  readonly text: string
  readonly plan: string
  /** Rows that were read, those that a filter took away too. */
  readonly rows: number
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly PlanNode[]
}

/**
 * Runs statements again, and takes back what they did, to see what they read.
 *
 * A prepared statement gets a plan for its values or, after some runs, one for any values, whichever seems cheaper. So
 * each is run with both.
 */
export async function readingsOf(databaseUrl: string, statements: readonly Statement[]): Promise<Reading[]> {
  const client = await openClient(databaseUrl)
  try {
    const readings: Reading[] = []
    for (const { text, values } of statements.filter(isRepeatable)) {
      for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
        await client.query(`prepare asked as ${text}`)
        readings.push(...(await explain(client, { name: 'asked', text, values, mode })))
        await client.query('deallocate asked')
      }
    }
    return readings
  } finally {
    await client.end()
  }
}

/** Like `readingsOf`, with the plans that PostgreSQL made for any values before `grow` filled the tables. */
export async function youngReadingsOf(
  databaseUrl: string,
  statements: readonly Statement[],
  grow: () => Promise<unknown>,
): Promise<Reading[]> {
  const client = await openClient(databaseUrl)
  const mode = 'force_generic_plan'
  try {
    const prepared = statements
      .filter(isRepeatable)
      .map((statement, index) => ({ ...statement, mode, name: `asked_${index}` }) as const)
    for (const { name, text } of prepared) await client.query(`prepare ${name} as ${text}`)
    for (const one of prepared) await explain(client, one)
    await grow()
    const readings: Reading[] = []
    for (const one of prepared) readings.push(...(await explain(client, one)))
    return readings
  } finally {
    await client.end()
  }
}

/** Tells whether a statement is neither the end of a transaction, nor inserts what can be inserted but once. */
function isRepeatable({ text }: Statement): boolean {
  return /^(--|select|update|delete|with)/i.test(text) && !/insert into/.test(text)
}

/** Runs a prepared statement in a transaction that is rolled back. Returns one reading, or none. */
async function explain(
  client: pg.Client,
  { name, text, values, mode }: Statement & { name: string; mode: 'force_custom_plan' | 'force_generic_plan' },
): Promise<Reading[]> {
  await client.query('begin')
  await client.query(`set local plan_cache_mode = ${mode}`)
  const given = values.length > 0 ? `(${values.map(literalOf).join(', ')})` : ''
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `explain (analyze, format json) execute ${name}${given}`,
  )
  await client.query('rollback')
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
  return plan ? [{ text, plan: `${mode}: ${JSON.stringify(plan, null, 1)}`, rows: rowsRead(plan) }] : []
}

function rowsRead(node: PlanNode): number {
  const own = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
  const isScan = node['Relation Name'] !== undefined || node['Node Type'] === 'Bitmap Index Scan'
  const below = (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0)
  return below + (isScan ? own * node['Actual Loops'] : 0)
}

function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.map(elementOf).join(',')}}` : textOf(value))
}

const elementOf = (value: unknown) =>
  value === null || value === undefined ? 'NULL' : `"${textOf(value).replace(/["\\]/g, '\\$&')}"`

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return String(value)
}
