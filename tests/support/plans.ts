import pg from 'pg'
import { openClient } from './database.ts'
import type { Statement } from './statements.ts'

/** Rows that a statement has read, by table and index. */
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
    for (const { text, values } of statements) {
      // neither the ends of transactions, nor what can be inserted but once
      if (!/^(--|select|update|delete|with)/i.test(text) || /insert into/.test(text)) continue
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await client.query('begin')
        await client.query(`set local plan_cache_mode = ${mode}`)
        await client.query(`prepare asked as ${text}`)
        const given = values.length > 0 ? `(${values.map(literalOf).join(', ')})` : ''
        const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
          `explain (analyze, format json) execute asked${given}`,
        )
        const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
        await client.query('rollback')
        await client.query('deallocate asked')
        if (plan) readings.push({ text, plan: `${mode}: ${JSON.stringify(plan, null, 1)}`, rows: rowsRead(plan) })
      }
    }
    return readings
  } finally {
    await client.end()
  }
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
