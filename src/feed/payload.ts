import type { Ring } from './events.ts'

/** NOTIFY takes less than 8,000 bytes; PostgreSQL refuses the transaction otherwise. */
const payloadBytesMax = 7_900

const ringFormat = /^([0-9a-f-]{36})([0-9a-z]+)$/

/** Packs rings into few notifications, each under PostgreSQL's bound. */
export function packRings(rings: Iterable<Ring>): string[] {
  const payloads: string[] = []
  let payload = ''
  for (const { topicId, head } of rings) {
    const part = `${topicId}${head.toString(36)}`
    if (payload.length + 1 + part.length > payloadBytesMax) {
      payloads.push(payload)
      payload = ''
    }
    payload = payload === '' ? part : `${payload},${part}`
  }
  if (payload !== '') payloads.push(payload)
  return payloads
}

/** Reads the rings of a notification, skipping what it does not understand. */
export function unpackRings(payload: string): Ring[] {
  return payload.split(',').flatMap((part) => {
    const [, topicId, head] = ringFormat.exec(part) ?? []
    return topicId && head ? [{ topicId, head: Number.parseInt(head, 36) }] : []
  })
}
