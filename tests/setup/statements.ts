import pg from 'pg'

const besides =
  /-- (readSessionEnds|takeLease|renewLease|writePresences|removePresences|writeVisits|markSeen|readAudience|readFollowedRooms|readRoomsTo\w+|readUnfinished|\w+Exports?):|-- runAlone/

/**
 * Records the statements that servers of this process send through their pools while `work` runs.
 *
 * Notifications and echoes go through connections of other names and are left out, and so are look-ups of sessions, which
 * are kept for seconds and come when they come. So do the statements that note who is here, and frequent chores.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const original = pg.Client.prototype.query
  const record = function (this: pg.Client, ...args: unknown[]): unknown {
    const [query] = args
    const text = typeof query === 'string' ? query : String((query as { text?: unknown }).text)
    const { application_name: name } = (this as unknown as { connectionParameters: { application_name: string } })
      .connectionParameters
    if (name === 'kabar' && !besides.test(text)) statements.push(text.trim())
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
