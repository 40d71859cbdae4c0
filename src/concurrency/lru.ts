/** A bounded cache: see `createLru`. */
export interface Lru<Key, Value> {
  has(key: Key): boolean
  /** Returns a value, and counts as its use. */
  get(key: Key): Value | undefined
  /** Adds or replaces a value, and counts as its use. */
  set(key: Key, value: Value): void
  delete(key: Key): void
}

/** Options of `createLru`. */
export interface LruOptions<Key, Value> {
  /** The maximum sum of the sizes. */
  readonly max: number
  /** Returns the size of an entry, always the same for one key; without it each counts 1. */
  readonly sizeOf?: (key: Key) => number
  /** Called for each entry that leaves, dropped or deleted. */
  readonly onDrop?: (key: Key, value: Value) => void
}

/** Creates a cache that drops the least recently used entries when it is full. */
export function createLru<Key, Value extends object | string | number>({
  max,
  sizeOf = () => 1,
  onDrop = () => {},
}: LruOptions<Key, Value>): Lru<Key, Value> {
  // a Map keeps the order of insertion: the first entry is the one that was not used for the longest time
  const entries = new Map<Key, Value>()
  let size = 0

  function remove(key: Key): void {
    const value = entries.get(key)
    if (value === undefined) return
    entries.delete(key)
    size -= sizeOf(key)
    onDrop(key, value)
  }

  return {
    has: (key) => entries.has(key),
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      if (!entries.delete(key)) size += sizeOf(key)
      entries.set(key, value)
      if (size <= max) return
      for (const oldest of entries.keys()) {
        remove(oldest)
        if (size <= max) return
      }
    },
    delete: remove,
  }
}

/** Makes a function remember the results of the last `max` different arguments. */
export function memoize<Key, Value extends object | string | number>(
  compute: (key: Key) => Value,
  { max }: { readonly max: number },
): (key: Key) => Value {
  const known = createLru<Key, Value>({ max })
  return (key) => {
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const value = compute(key)
    known.set(key, value)
    return value
  }
}
