import { createBackoff } from '../../concurrency/backoff.ts'
import type { Clock } from '../../concurrency/clock.ts'
import type { FeedConfig } from '../../config/feed.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { isSamePosition, type Position } from '../chain.ts'
import type { FeedEvent, Page, PageRequest } from '../events.ts'
import { reasonToResync, resyncFrames, resyncResult } from '../resync.ts'
import type { Delivery } from './delivery.ts'
import { recentAfter } from './hub-topic.ts'
import { controlAt, isHidden, mayEnd } from './interest.ts'
import { bytesOf } from './page-sizes.ts'
import type { ReadBehind } from './read-behind.ts'
import type { HubTopic, Subscriber } from './state.ts'

/** The parts of the hub that a catching-up subscriber needs. */
export interface CatchUpOptions {
  /** Reads a page of one topic; null when the topic does not exist. */
  read(request: PageRequest): Promise<Page | null>
  /** Reads a page for a subscriber that is far behind, from a replica; null when the page must be read by `read`. */
  readonly readBehind?: ReadBehind | null
  /** Lets the hub read once more, because a subscriber is ahead of it or has seen another history. */
  reconcile(topic: HubTopic, position: Position): Promise<void>
  clock: Clock
  metrics: Pick<Metrics, 'counts'>
  config: Pick<FeedConfig, 'socketBufferBytesMax' | 'pageEventsMax' | 'stallMs' | 'reconnectMinMs' | 'reconnectMaxMs'>
  onError(error: unknown): void
  readonly delivery: Delivery
}

/** Brings one subscriber up to the hub's cursor: see `createCatchUp`. */
export type CatchUp = <Frame>(subscriber: Subscriber<Frame>) => Promise<void>

/**
 * Creates the catch-up loop of a subscriber that is behind.
 *
 * It reads pages from its own cursor, as fast as its sink drains, until it reaches the hub's cursor, and becomes live in
 * the same tick. Nothing is queued for it meanwhile.
 */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { read, readBehind = null, reconcile, clock, config, metrics, onError, delivery } = options
  const { resumes_total: resumes, replayed_events_total: replayed } = metrics.counts
  return async (subscriber) => {
    const backoff = createBackoff(config)
    for (;;) {
      try {
        // use the result of the step, not the state: a subscriber that joined may already be set back, in another loop
        if (!(await step(subscriber))) return
        backoff.reset()
      } catch (error) {
        onError(error)
        await new Promise<void>((resolve) => clock.after(backoff.nextMs(), resolve))
      }
    }
  }

  /** Processes one page. Returns whether the subscriber is still catching up. */
  async function step<Frame>(subscriber: Subscriber<Frame>): Promise<boolean> {
    const { topic } = subscriber.group
    const drains = await drain(subscriber)
    if (subscriber.state !== 'catching up') return false
    if (!drains) {
      delivery.end(subscriber)
      subscriber.sink.abandon()
      return false
    }
    if (subscriber.broken !== null) return resync(subscriber, subscriber.broken)
    if (subscriber.maySee && isThere(subscriber)) return arrive(subscriber)
    const recent = recentAfter(topic, subscriber)
    const known = recent ?? (await readAfter(subscriber))
    if (known.length === 0) return true
    const events = known.slice(0, subscriber.pageMax)
    // the author may have been blocked just now
    const settling = subscriber.settling()
    if (settling) {
      await settling
      return true
    }
    const page = subscriber.maySee ? await renderPage(subscriber, events) : null
    const frames = page ?? (await renderLast(subscriber, events))
    if (subscriber.state !== 'catching up') return false
    if (subscriber.settling() !== null) return true
    // other streams of its connection came first: the page is rendered again when there is room
    if (subscriber.sink.bufferedBytes() > config.socketBufferBytesMax) return true
    pace(subscriber, frames)
    replayed[recent ? 'memory' : 'database'] += events.length
    delivery.deliver(subscriber, events, frames)
    return true
  }

  /** Chooses the size of the next page within the limit. */
  function pace<Frame>(subscriber: Subscriber<Frame>, frames: readonly (Frame | null)[]): void {
    const isLarge = bytesOf(subscriber, frames) > config.socketBufferBytesMax / 4
    subscriber.pageMax = isLarge
      ? Math.max(1, subscriber.pageMax >> 1)
      : Math.min(config.pageEventsMax, 2 * subscriber.pageMax)
  }

  /** Renders a page for a viewer who may still see it; null otherwise. */
  async function renderPage<Frame>(subscriber: Subscriber<Frame>, events: readonly FeedEvent[]) {
    const items = events.map((event) => (isHidden(subscriber, event) ? controlAt(event, 'HIDDEN', event.at) : event))
    const frames = await subscriber.group.renderFor(subscriber, items)
    // checked after everything was read: a frame shows current rows, which may be later than a removal
    subscriber.maySee = subscriber.maySeeNow === null || (await subscriber.maySeeNow())
    return subscriber.maySee ? frames : null
  }

  /** Renders only the numbers of the remaining events, and the event that ends the stream. */
  function renderLast<Frame>(subscriber: Subscriber<Frame>, events: readonly FeedEvent[]) {
    const items = events.map((event) =>
      mayEnd(event) && subscriber.endsWith(event) ? event : controlAt(event, 'HIDDEN', event.at),
    )
    return subscriber.group.renderAlone(subscriber.viewerId, items)
  }

  /** Tells whether nothing is missing: of the events that the hub has delivered, and of those before the stream began. */
  function isThere(subscriber: Subscriber<unknown>): boolean {
    return isSamePosition(subscriber, subscriber.group.topic) && subscriber.seq >= subscriber.headAtStart
  }

  async function arrive<Frame>(subscriber: Subscriber<Frame>): Promise<boolean> {
    const synced = controlAt(subscriber, 'SYNCED', new Date(clock.now()))
    const greets = subscriber.greets && subscriber.selects(synced)
    const frames = greets ? await subscriber.group.renderFor(subscriber, [synced]) : []
    if (subscriber.state !== 'catching up') return false
    // the topic may have moved while SYNCED was rendered: then it is not true yet
    if (subscriber.broken !== null || !isThere(subscriber)) return true
    delivery.join(subscriber)
    if (subscriber.isResuming) resumes.exact += 1
    subscriber.isResuming = false
    subscriber.greets = false
    const said = frames.filter((frame) => frame !== null)
    if (said.length > 0) delivery.speak(subscriber, () => subscriber.sink.deliver(said))
    return false
  }

  async function resync<Frame>(subscriber: Subscriber<Frame>, reason: string): Promise<boolean> {
    const { said, error } = await resyncFrames(subscriber, { at: new Date(clock.now()), reason })
    if (subscriber.state !== 'catching up') return false
    if (subscriber.isResuming) resumes[resyncResult(reason)] += 1
    subscriber.isResuming = false
    delivery.end(subscriber)
    delivery.speak(subscriber, () => {
      if (said.length > 0) subscriber.sink.deliver(said)
      subscriber.sink.finish(error)
    })
    return false
  }

  /** Reads a page after the subscriber's cursor. It is empty where the subscriber is at the end of the feed, or broken. */
  async function readAfter(subscriber: Subscriber<unknown>): Promise<readonly FeedEvent[]> {
    const { topic } = subscriber.group
    if (topic.seq >= 0 && subscriber.seq >= topic.seq && !isSamePosition(subscriber, topic)) {
      // it has read the newest events before the hub did, unless one of the two has seen what the feed lost
      await reconcile(topic, subscriber)
      if (subscriber.maySee && isThere(subscriber)) return []
    }
    const behind = readBehind && (await readBehind(subscriber))
    const page = behind ?? (await read({ topicId: subscriber.topicId, after: subscriber.seq }))
    const reason = reasonToResync(subscriber, page)
    if (!page || reason !== null) {
      subscriber.broken ??= reason
      return []
    }
    if (page.events.length > 0) return page.events
    // a viewer who may not see the topic any longer waits for the event that says so
    if (!subscriber.maySee) subscriber.broken ??= 'The feed does not say why the viewer may not see it.'
    subscriber.headAtStart = Math.min(subscriber.headAtStart, page.head)
    if (!isSamePosition(subscriber, topic)) await reconcile(topic, subscriber)
    return []
  }

  /** Waits until the sink has room. False when it took nothing for `stallMs`, or is closed. */
  async function drain(subscriber: Subscriber<unknown>): Promise<boolean> {
    const { sink } = subscriber
    while (subscriber.state === 'catching up') {
      const before = sink.bufferedBytes()
      if (before <= config.socketBufferBytesMax / 4) return true
      const waiting = Promise.withResolvers<void>()
      const cancel = clock.after(config.stallMs, waiting.resolve)
      await Promise.race([sink.drained(), waiting.promise])
      cancel()
      if (sink.bufferedBytes() >= before) return false
    }
    return true
  }
}
