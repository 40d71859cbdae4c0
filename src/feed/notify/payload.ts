import { feedLimits } from '../../config/feed.ts'
import type { Ring } from '../events.ts'
import { type NewHint, packHint, unpackHint } from '../hints/hint-queue.ts'

/** The rest of a notification is for the time of rings. All characters are ASCII. */
const payloadBytesMax = feedLimits.notificationLengthMax - 99

const ringFormat = /^([0-9a-f-]{36})([0-9a-z]+)$/

/**
 * Packs rings into few notifications, each below PostgreSQL's bound.
 *
 * The place of a ring in its trace follows it as a part of its own.
 *
 * @param committedAt when the oldest was committed, in ms since 1970. Servers that do not know this part skip it.
 */
export function packRings(rings: Iterable<Ring>, committedAt: number | null = null): string[] {
  const rest = committedAt === null ? '' : `,@${Math.round(committedAt).toString(36)}`
  const payloads: string[] = []
  let payload = ''
  for (const { topicId, head, trace } of rings) {
    const part = `${topicId}${head.toString(36)}${trace === undefined ? '' : `,~${trace}`}`
    if (payload.length + 1 + part.length > payloadBytesMax) {
      payloads.push(payload + rest)
      payload = ''
    }
    payload = payload === '' ? part : `${payload},${part}`
  }
  if (payload !== '') payloads.push(payload + rest)
  return payloads
}

/** Reads the rings of a notification, skipping what it does not understand. */
export function unpackRings(payload: string): Ring[] {
  const parts = payload.split(',')
  return parts.flatMap((part, index) => {
    const [, topicId, head] = ringFormat.exec(part) ?? []
    const next = parts[index + 1]
    const trace = next?.startsWith('~') ? { trace: next.slice(1) } : {}
    return topicId && head ? [{ topicId, head: Number.parseInt(head, 36), ...trace }] : []
  })
}

/** Reads when the oldest ring was committed; null when the payload does not say. */
export function unpackCommittedAt(payload: string): number | null {
  const [, time] = /,@([0-9a-z]{1,11})$/.exec(payload) ?? []
  return time === undefined ? null : Number.parseInt(time, 36)
}

const hintFormat = /^hint ([0-9a-f-]{36}) (.+)$/

/**
 * Packs as many hints as fit into one notification, from the front of the list.
 *
 * @param sender the id of the server that sends them.
 */
export function packHints(sender: string, hints: readonly NewHint[]): { payload: string; packed: number } {
  let payload = `hint ${sender} `
  let packed = 0
  for (const hint of hints) {
    const part = packed === 0 ? packHint(hint) : `,${packHint(hint)}`
    if (payload.length + part.length > payloadBytesMax) break
    payload += part
    packed += 1
  }
  return { payload, packed }
}

/** Reads a notification of hints; null when it is not one. Skips hints that it does not understand. */
export function unpackHints(payload: string): { sender: string; hints: NewHint[] } | null {
  const [, sender, parts] = hintFormat.exec(payload) ?? []
  if (!sender || !parts) return null
  return { sender, hints: parts.split(',').flatMap((part) => unpackHint(part) ?? []) }
}
