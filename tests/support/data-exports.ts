import { expect } from 'vitest'
import { type ExportParts, makeExports } from '../../src/account/export/service.ts'
import { formatId } from '../../src/input/ids.ts'
import { openMediaFiles } from '../../src/media/files.ts'
import type { KabarServer } from '../../src/server.ts'
import { holdChore } from './chores.ts'
import type { Client, Stream } from './client.ts'
import { test as base } from './members.ts'

/** Chores are done by the tests alone. */
export const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'data exports'))
})

const fields = 'id status requestedAt expiresAt url bytes'
/** The mutation that asks for an export. */
export const request = `mutation ($media: Boolean) {
  requestDataExport(input: { includeMedia: $media }) { export { ${fields} } }
}`
/** Follows the ends of exports. */
export const ends = `subscription ($after: EventCursor) {
  viewerEvents(after: $after) { __typename cursor ... on DataExportEnded { export { ${fields} } } }
}`
const find = `{ viewer { dataExport { ${fields} } } }`
/** A server that does not stop. */
export const running = new AbortController().signal
/** Milliseconds of a day. */
export const dayMs = 86_400_000

/** An export as a client sees it. */
export interface Export {
  id: string
  status: 'PENDING' | 'READY' | 'FAILED'
  requestedAt: string
  expiresAt: string
  url: string | null
  bytes: number | null
}

/** An item of a stream of `ends`. */
export type Told = { viewerEvents: { __typename: string; cursor: string; export?: Export | null } }

/** Asks for an export. Gives it. */
export const ask = async (client: Client, media?: boolean) =>
  (await client.call<{ requestDataExport: { export: Export } }>(request, { media })).requestDataExport.export

/** The last export that a user has asked for. */
export const last = async (client: Client) =>
  (await client.call<{ viewer: { dataExport: Export | null } }>(find)).viewer.dataExport

/** The next event of a stream. */
export const nextOf = async (stream: Stream<Told>) => (await stream.nextData()).viewerEvents

/** The parts of a server, with its files. */
export async function partsOf({ parts }: KabarServer): Promise<ExportParts> {
  const files = await openMediaFiles(parts.config, parts.db)
  return { ...parts, files, formatId }
}

/** The same parts, with a storage that does something else. */
export const withStorage = (parts: ExportParts, storage: Partial<ExportParts['files']['storage']>): ExportParts => ({
  ...parts,
  files: { ...parts.files, storage: { ...parts.files.storage, ...storage } },
})

/** Makes the export. */
export async function made(server: KabarServer, client: Client): Promise<Export & { url: string }> {
  await makeExports(await partsOf(server), running)
  const found = await last(client)
  expect(found?.status).toBe('READY')
  if (!found?.url) throw new Error('the export has no URL')
  return { ...found, url: found.url }
}
