import type pg from 'pg'

/** Counts the statements that the pools of this process send; connections for notifications are left out. */
export function countStatements({ Client }: Pick<typeof pg, 'Client'>): () => number {
  let count = 0
  const original = Client.prototype.query
  const query = function (this: pg.Client, ...args: unknown[]): unknown {
    count += 1
    return Reflect.apply(original, this, args)
  }
  Object.assign(Client.prototype, { query })
  return () => count
}
