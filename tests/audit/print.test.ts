import { expect } from 'vitest'
import { insertEntries } from '../../src/audit/entries.ts'
import { createAuditPrinter } from '../../src/audit/print.ts'
import { test } from '../support/server.ts'

test('rows are printed as lines of JSON', async ({ one }) => {
  const lines: string[] = []
  const rows = await insertEntries(one.parts.sql, [{ kind: 'KEYS_ROTATED' }])
  createAuditPrinter((line) => lines.push(line))(rows)
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { audit: true, id: rows[0]?.id, at: rows[0]?.at.toISOString(), kind: 'KEYS_ROTATED', times: 1 },
  ])
})
