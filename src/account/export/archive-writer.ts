// Writes the parts of an archive as JSON: see archive-parts.ts.

import type { ServiceContext } from '../../access/context.ts'
import { dataExportLimits } from '../../config/account.ts'
import type { ReplicaRow } from '../../database/read-replica.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { archiveParts, type PartRow } from './archive-parts.ts'
import type { ExportToMake } from './queries.ts'

/** Formats the public id of a row. */
type FormatId = (type: 'User' | 'Room' | 'Message' | 'Media' | 'Session', uuid: string) => string

/** The databases that the parts are read from. */
export interface PartSources extends Pick<ServiceContext, 'sql' | 'replica' | 'metrics'> {
  readonly formatId: FormatId
}

const { rowsPerReadMax } = dataExportLimits

/** Writes a part as a JSON array, page by page. */
export async function* writePart(
  parts: PartSources,
  { name, taken }: { name: string; taken: ExportToMake },
): AsyncGenerator<string> {
  const statement = archiveParts[name]
  let after: readonly string[] | null = null
  let separator = '[\n'
  while (statement) {
    const page: PartRow[] = await readPart(
      parts,
      taken,
      statement({ userId: taken.userId, after, take: rowsPerReadMax }),
    )
    for (const { keys: _, ...row } of page) {
      yield separator + JSON.stringify(toEntry(row, parts.formatId))
      separator = ',\n'
    }
    if (page.length < rowsPerReadMax) break
    after = page.at(-1)?.keys ?? null
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}

/** Reads a page of a part at the replica, if that has everything from before the export was begun; else at the primary. */
async function readPart(
  { sql, replica, metrics }: PartSources,
  { id, tries }: ExportToMake,
  statement: Prisma.Sql,
): Promise<PartRow[]> {
  if (!replica) return sql<PartRow>(statement)
  // `takeExport` raised `tries` at the primary: a replica that has this number has everything from before the try, too
  const rows = await replica.read<PartRow & ReplicaRow>(
    (renewedAt) => Prisma.sql`
    -- readPart: data_exports_pkey, and what the statement reads
    select page.*, ${renewedAt}
    from (${statement}) as page
    where exists (select from data_exports where id = ${id}::uuid and tries >= ${tries})`,
    'export',
  )
  metrics.counts.replica_reads_total[rows ? 'replica' : 'primary'] += 1
  if (!rows) return sql<PartRow>(statement)
  return rows.map((found) => {
    const { renewedAt: _, ...row } = found
    return row
  })
}

const idColumn = /(?:^|[a-z])(user|room|message|media|session)Id$/i
const idTypes = { user: 'User', room: 'Room', message: 'Message', media: 'Media', session: 'Session' } as const

/** Replaces UUIDs by public ids. The name of a column tells the type of the id, such as `messageId`. */
export function toEntry(row: Record<string, unknown>, formatId: FormatId): Record<string, unknown> {
  const entries = Object.entries(row).map(([name, value]) => {
    const type = idColumn.exec(name)?.[1]?.toLowerCase()
    const known = Object.entries(idTypes).find(([key]) => key === type)
    return [name, known && typeof value === 'string' ? formatId(known[1], value) : value]
  })
  return Object.fromEntries(entries)
}
