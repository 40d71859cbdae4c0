import DataLoader from 'dataloader'

/** A value that may be there already. */
export type Loaded<Value> = Value | Promise<Value>

/** Values by their keys. What is known comes at once. */
export interface Loader<Value> {
  /** All that are asked for in one tick come together. */
  load(key: string): Loaded<Value>
  /** Gives it what another query has brought along. What it knows already stays. */
  prime(key: string, value: Value): void
  clear(): void
}

/** Makes a loader. What it has loaded it knows until it is cleared. */
export function createLoader<Value>(loadMany: (keys: readonly string[]) => Promise<readonly Value[]>): Loader<Value> {
  // a promise for each value that is there already would cost more than what is done with it
  let known = new Map<string, Value>()
  const coming = new DataLoader<string, Value>(async (keys) => {
    // what is cleared meanwhile is not to be known again
    const mine = known
    const values = await loadMany(keys)
    for (const [index, key] of keys.entries()) mine.set(key, values[index] as Value) // as many values as keys
    return values
  })
  return {
    load: (key) => (known.has(key) ? (known.get(key) as Value) : coming.load(key)),
    prime(key, value) {
      if (!known.has(key)) known.set(key, value)
    },
    clear() {
      known = new Map()
      coming.clearAll()
    },
  }
}

/** Uses a value as soon as it is there: at once, where it is there already. */
export function whenLoaded<Value, Result>(value: Loaded<Value>, use: (value: Value) => Loaded<Result>): Loaded<Result> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Puts rows in the order of their keys, with null for those that are missing. */
export function inOrder<Row>(
  keys: readonly string[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): (Row | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  return keys.map((key) => byKey.get(key) ?? null)
}
