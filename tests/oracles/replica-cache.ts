// A normalised cache, as Apollo's and urql's are: objects by their ids.

/** An object of an answer. */
export type Fields = Record<string, unknown>

/** Tells whether a value of an answer is an object. */
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** The id of an object in an answer. */
export function idOf(value: unknown): string {
  if (isFields(value) && typeof value.id === 'string') return value.id
  throw new Error(`${JSON.stringify(value)} has no id`)
}

/** The objects of a page. */
export function nodesOf(value: unknown): unknown[] {
  if (isFields(value) && Array.isArray(value.nodes)) return value.nodes
  throw new Error(`${JSON.stringify(value)} is not a page`)
}

function keyOf({ __typename, id, room, user }: Fields): string | null {
  if (__typename === 'Membership') return `${idOf(room)} ${idOf(user)}`
  return typeof __typename === 'string' && typeof id === 'string' ? id : null
}

/** Keeps objects by their ids: what comes later overwrites field by field. */
export function createCache() {
  const entities = new Map<string, Fields>()

  function put(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(put)
    if (!isFields(value)) return value
    const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, put(field)]))
    const key = keyOf(value)
    if (key === null) return fields
    entities.set(key, { ...entities.get(key), ...fields })
    return { id: key }
  }

  return {
    put,
    find: (key: string): Fields | null => entities.get(key) ?? null,
    get(key: string): Fields {
      const found = entities.get(key)
      if (!found) throw new Error(`${key} is not in the cache`)
      return found
    },
  }
}
