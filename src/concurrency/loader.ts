import DataLoader from 'dataloader'

/** A value, or the promise of one. */
export type Loaded<Value> = Value | Promise<Value>

/** Loads values by their keys. Returns known values at once. */
export interface Loader<Value> {
  /** Keys of one tick are loaded together. */
  load(key: string): Loaded<Value>
  /** Adds a value that another query has read. Known values stay. */
  prime(key: string, value: Value): void
  clear(): void
}

/** Creates a loader that keeps its values until it is cleared. */
export function createLoader<Value>(loadMany: (keys: readonly string[]) => Promise<readonly Value[]>): Loader<Value> {
  // a promise for each known value would cost more than using it
  let known = new Map<string, Value>()
  const coming = new DataLoader<string, Value>(async (keys) => {
    // values cleared during the read are not stored again
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

/** Calls back with a value: at once when it is known. */
export function whenLoaded<Value, Result>(value: Loaded<Value>, use: (value: Value) => Loaded<Result>): Loaded<Result> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Puts rows in the order of their keys, with null for missing ones. */
export function inOrder<Row>(
  keys: readonly string[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): (Row | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  return keys.map((key) => byKey.get(key) ?? null)
}
