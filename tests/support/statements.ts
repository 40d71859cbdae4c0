import pg from 'pg'

/** Statements that are sent when they are due, whatever else is asked. */
export const statementsBeside = [
  ...['readSessionEnds', 'takeLease', 'renewLease', 'writePresences', 'removePresences', 'writeVisits', 'markSeen'],
  ...['readAudience', 'readFollowedRooms', 'readRoomNews', 'readExpired', 'readUnindexed', 'writeTerms'],
]

const besides = new RegExp(
  String.raw`-- (${statementsBeside.join('|')}|readGuests\w+|readRoomsTo\w+|\w+Exports?):|-- runAlone|refuseStandby|readTime|"rooms"."deleted_at" IS NOT NULL|FROM "public"."account_deletions"`,
)

/** Tells whether a statement is one that is sent when it is due. */
export const isBeside = (text: string): boolean => besides.test(text)

/**
 * Records the statements that servers of this process send through their pools while `work` runs.
 *
 * Notifications and echoes go through connections of other names and are left out, and so are look-ups of sessions, which
 * are kept for seconds and come when they come. So do the statements that note who is here, and frequent chores.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  return (await recordStatements(work)).map(({ text }) => text)
}

/** A statement with the values of its parameters. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Records the same statements with their values. */
export async function recordStatements(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = []
  const original = pg.Client.prototype.query
  const record = function (this: pg.Client, ...args: unknown[]): unknown {
    const [query] = args
    const text = typeof query === 'string' ? query : String((query as { text?: unknown }).text)
    const { application_name: name } = (this as unknown as { connectionParameters: { application_name: string } })
      .connectionParameters
    const { values = [] } = query as { values?: unknown[] }
    if (/^kabar( replica)?$/.test(name) && !isBeside(text)) statements.push({ text: text.trim(), values })
    return Reflect.apply(original, this, args)
  }
  Object.assign(pg.Client.prototype, { query: record })
  try {
    await work()
  } finally {
    Object.assign(pg.Client.prototype, { query: original })
  }
  return statements
}
