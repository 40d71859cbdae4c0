import pg from 'pg'
import { expect, test } from 'vitest'
import { parseTimestamp } from '../../src/database/timestamps.ts'

const parse: (text: string) => Date = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)

test.for([
  '2026-01-31 12:00:00+00',
  '2026-01-31 12:00:00.5+00',
  '2026-01-31 12:00:00.123+00',
  '2026-01-31 23:59:59.999999+00',
  '1969-12-31 23:59:59.001+00',
  '0099-03-01 00:00:00+00',
  '9999-12-31 23:59:59.999+00',
  '2026-01-31 13:00:00.25+01',
  '2026-01-31 07:15:00.25-04:45',
  '10000-01-01 00:00:00+00',
  '0044-03-15 12:00:00+00 BC',
  'infinity',
  '-infinity',
])('%s is the same time as node-postgres reads', (text) => {
  expect(parseTimestamp(text)).toEqual(parse(text))
})
