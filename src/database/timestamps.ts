import pg from 'pg'

const parseAny: (text: string) => Date = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)

/**
 * Parses a timestamp with a time zone, as PostgreSQL prints it.
 *
 * The parser of node-postgres, which reads the others, takes three times as long: a page has a hundred timestamps.
 */
export function parseTimestamp(text: string): Date {
  // such as `2026-01-31 12:00:00.5+00`, with a year of four digits
  const isInUtc = text[4] === '-' && text[10] === ' ' && text.endsWith('+00')
  return isInUtc ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : parseAny(text)
}

/** The parsers of values of connections. */
export const valueParsers: pg.CustomTypesConfig = {
  getTypeParser(type: number, format?: 'text' | 'binary') {
    if (type === pg.types.builtins.TIMESTAMPTZ && format !== 'binary') return parseTimestamp
    return pg.types.getTypeParser(type, format)
  },
}
