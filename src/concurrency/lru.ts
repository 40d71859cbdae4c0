/** A bounded cache: see `createLru`. */
export interface Lru<Key, Value> {
  has(key: Key): boolean
  /** Returns a value, and counts as its use. */
  get(key: Key): Value | undefined
  /** Adds a value, unless it is larger than the cache, or replaces one, which counts as its use. */
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

/** Creates a cache that, when it is full, drops what was not used for long. */
export function createLru<Key, Value extends object | string | number>({
  max,
  sizeOf = () => 1,
  onDrop = () => {},
}: LruOptions<Key, Value>): Lru<Key, Value> {
  // a Map keeps the order of insertion. Moving an entry at each use would cost more than most of what is cached: an entry
  // that was used moves to the end when its turn to be dropped comes (CLOCK)
  const entries = new Map<Key, { readonly value: Value; isUsed: boolean }>()
  let size = 0

  function remove(key: Key): void {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    size -= sizeOf(key)
    onDrop(key, entry.value)
  }

  /** Drops entries until one more fits. Each is passed over at most once. */
  function makeRoom(more: number): void {
    for (const [key, { value, isUsed }] of entries) {
      if (size + more <= max) return
      if (isUsed) {
        entries.delete(key)
        entries.set(key, { value, isUsed: false })
      } else remove(key)
    }
  }

  return {
    has: (key) => entries.has(key),
    get(key) {
      const entry = entries.get(key)
      if (!entry) return
      entry.isUsed = true
      return entry.value
    },
    set(key, value) {
      if (entries.has(key)) {
        entries.set(key, { value, isUsed: true })
        return
      }
      const more = sizeOf(key)
      if (more > max) return
      makeRoom(more)
      size += more
      entries.set(key, { value, isUsed: false })
    },
    delete: remove,
  }
}

/** Makes a function remember the results of up to `max` different arguments. */
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
