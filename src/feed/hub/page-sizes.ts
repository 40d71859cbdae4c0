// How much is rendered and delivered at once: an event may be as large as an answer, and is rendered for each group.

import type { FeedConfig } from '../../config/feed.ts'
import type { Page } from '../events.ts'
import type { Group, HubTopic, LiveFrames, Subscriber } from './state.ts'

/** The frames of a page for a group; null when its execution failed. */
interface Rendered {
  readonly group: Group<unknown>
  readonly frames: LiveFrames<unknown> | null
}

/** Chooses how many events are rendered at once next, by the bytes of the last. */
export function pace(
  topic: HubTopic,
  rendered: readonly Rendered[],
  { socketBufferBytesMax, pageEventsMax }: Pick<FeedConfig, 'socketBufferBytesMax' | 'pageEventsMax'>,
): void {
  let bytes = 0
  for (const { group, frames } of rendered) {
    const [subscriber] = group.live
    const ofOne = subscriber && frames?.of(subscriber.viewerId)
    if (subscriber && frames && ofOne) bytes += frames.copies * bytesOf(subscriber, ofOne)
  }
  const isLarge = bytes > socketBufferBytesMax
  topic.pageMax = isLarge ? Math.max(1, topic.pageMax >> 1) : Math.min(pageEventsMax, 2 * topic.pageMax)
}

/** Keeps what is left of a page as the next page. What was read ahead follows it. */
export function keepRest(topic: HubTopic, page: Page, count: number): void {
  const rest = page.events.slice(count)
  const last = rest.at(-1)
  if (!last) return
  topic.ahead = { ...(topic.ahead ?? page), events: rest.concat(topic.ahead?.events ?? []) }
  topic.wanted = Math.max(topic.wanted, last.seq)
}

/** The bytes of frames as a subscriber gets them. */
export function bytesOf<Frame>({ sink }: Subscriber<Frame>, frames: readonly (Frame | null)[]): number {
  let bytes = 0
  for (const frame of frames) if (frame !== null) bytes += sink.sizeOf(frame)
  return bytes
}

/** Tells whether a connection has more unsent bytes than its limit. */
export function isTooMuch(bytes: number, bytesMax: number): boolean {
  return bytes > bytesMax
}

/**
 * Counts the frames that a connection may have unsent. The one above the limit is the last.
 *
 * @param unsent the bytes that it has unsent already.
 */
export function countFitting<Frame>(
  { sink }: Subscriber<Frame>,
  frames: readonly (Frame | null)[],
  { unsent, bytesMax }: { unsent: number; bytesMax: number },
): number {
  if (frames.length === 1) return 1
  let bytes = unsent
  let count = 0
  while (count < frames.length && !isTooMuch(bytes, bytesMax)) {
    const frame = frames[count] ?? null
    if (frame !== null) bytes += sink.sizeOf(frame)
    count += 1
  }
  return count
}
