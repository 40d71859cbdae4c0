// The judge of one stream of the simulation: it knows what must come, in which order, and how a stream may end.

import type { AppError } from '../../src/errors.ts'
import type { FeedEvent } from '../../src/feed/events.ts'
import { type Interest, isHidden } from '../../src/feed/hub/subscriber.ts'
import { type Hint, type HintKind, isHint, type StreamItem } from '../../src/feed/streams/stream-item.ts'
import type { ModelTopic } from './model-feed.ts'

/** An operation of the simulation. */
export interface Operation {
  readonly key: string
  /** Whether its answer depends on who is looking, which shows at messages only. */
  readonly asksViewer: boolean
  readonly hintKinds: ReadonlySet<HintKind>
  selects(signal: StreamItem): boolean
}

/** What a sink of the simulation gets: a signal, and for whom it was made. */
export interface Frame {
  readonly signal: StreamItem
  readonly viewerId: string | null
}

/** What a stream is judged by. */
export interface JudgeOptions {
  readonly topic: ModelTopic
  readonly operation: Operation
  readonly interest: Interest
  /** Called with each fault that it finds. */
  blame(what: string): void
}

const hiddenOf = ({ epoch, seq, topicId, at }: FeedEvent): StreamItem => ({
  ...{ kind: 'HIDDEN', epoch, seq, topicId, at, reason: null },
})

/** Compares what comes with what the model says must come. */
export function createJudge({ topic, operation, interest, blame }: JudgeOptions) {
  const { viewerId, shunnedUserIds } = interest
  let place = { epoch: 0, seq: 0, head: 0, valid: true }
  let removed = false
  let resynced = false
  let greeted = false

  /** The kind of the frame that the event must come as; null where the operation says nothing of it. */
  function expectedKind(event: FeedEvent): string | null {
    if (!isHidden(interest, event)) return operation.selects(event) ? event.kind : null
    return operation.selects(hiddenOf(event)) ? 'HIDDEN' : null
  }

  /** Looks past events of which the operation says nothing for the next that must come, or the one that ends the stream. */
  function lookAhead(): { missing: FeedEvent | null; over: boolean } {
    const history = topic.histories.get(place.epoch) ?? []
    for (let seq = place.seq; !removed; seq++) {
      const event = history[seq]
      if (!event || expectedKind(event) !== null) return { missing: event ?? null, over: false }
      if (interest.endsWith(event)) break
    }
    return { missing: null, over: true }
  }

  function takeEvent({ signal, viewerId: renderedFor }: Frame): void {
    const event = lookAhead().missing
    // who is to go may be told of numbers alone, from then on
    const isVeiled = signal.kind === 'HIDDEN' && event !== null && isSentOff() && !interest.endsWith(event)
    const kind = event && (isVeiled ? 'HIDDEN' : expectedKind(event))
    const expected = event ? `${kind} ${event.epoch}:${event.seq}` : 'nothing'
    const got = `${signal.kind} ${signal.epoch}:${signal.seq}`
    if (got !== expected) blame(`got ${got} instead of ${expected}`)
    const asks = operation.asksViewer && signal.kind === 'MESSAGE_SENT'
    if (renderedFor !== (asks ? viewerId : null)) blame(`got ${got} as ${renderedFor} sees it`)
    if (!event) return
    place.seq = event.seq
    removed = interest.endsWith(event)
  }

  function takeGreeting({ seq, epoch }: StreamItem, wasFull: boolean): void {
    if (greeted && !wasFull) blame('greeted twice')
    greeted = true
    const { missing } = lookAhead()
    if (missing && missing.seq <= seq) blame(`told that ${seq} is its place before it got ${missing.seq}`)
    if (epoch !== place.epoch || seq < place.seq) blame(`told that ${epoch}:${seq} is its place at ${place.seq}`)
    if (seq < place.head) blame(`told that ${seq} is new when it opened at ${place.head}`)
    const known = topic.histories.get(epoch)?.length ?? 0
    if (seq > known) blame(`told that ${seq} is its place when the feed ends at ${known}`)
    place.seq = Math.max(place.seq, seq)
  }

  /** A hint comes to who is live, at its very place, and without those whom the viewer shuns. */
  function takeHint({ kind, seq, epoch, actorIds, userIds }: Hint): void {
    if (!operation.hintKinds.has(kind)) blame(`got ${kind}, which it did not ask for`)
    if (!greeted) blame(`got ${kind} before it was live`)
    const { missing } = lookAhead()
    if (missing && missing.seq <= seq) blame(`got a hint at ${seq} before ${missing.seq}`)
    if (epoch !== place.epoch || seq < place.seq) blame(`got a hint at ${epoch}:${seq} at its place ${place.seq}`)
    place.seq = Math.max(place.seq, seq)
    if (userIds.some((userId) => shunnedUserIds.has(userId))) blame(`was told of ${userIds.join(' and ')}`)
    if (actorIds.every((userId) => shunnedUserIds.has(userId))) blame(`was told what ${actorIds.join()} did`)
  }

  function mayResync(): boolean {
    return !place.valid || topic.replaced || place.seq < topic.floor
  }

  /** Whether the feed says, after the stream's place, that its viewer has left. */
  function isSentOff(): boolean {
    return (topic.histories.get(place.epoch) ?? []).slice(place.seq).some(interest.endsWith)
  }

  return {
    isSentOff,
    begins(given: typeof place) {
      place = { ...given }
    },
    take(frame: Frame, wasFull: boolean) {
      const { signal } = frame
      if (removed || resynced) blame(`got ${signal.kind} ${signal.seq} after its end`)
      if (signal.topicId !== topic.id) blame(`got an event of ${signal.topicId}`)
      if (!operation.selects(signal)) blame(`got ${signal.kind}, which it did not select`)
      if (signal.kind === 'SYNCED') takeGreeting(signal, wasFull)
      else if (signal.kind === 'RESYNC_REQUIRED') resynced = true
      else if (isHint(signal)) takeHint(signal)
      else takeEvent(frame)
      if (signal.kind === 'RESYNC_REQUIRED' && !mayResync()) blame('must resync for no reason')
    },
    finish(error: AppError | null) {
      if (error && error.code !== 'RESYNC_REQUIRED') blame(`ended with ${error.code}`)
      if (error && !mayResync()) blame('must resync for no reason')
      if (error || resynced) return
      const { missing, over } = lookAhead()
      // of numbers alone a terse operation says nothing
      const isVeiled = missing !== null && isSentOff() && !operation.selects(hiddenOf(missing))
      if (missing && !isVeiled) blame(`ended before ${missing.seq}`)
      if (!over && !isVeiled) blame('ended for no reason')
    },
    /** When all is quiet, a stream that goes on has everything. */
    atRest(wasFull: boolean) {
      const { missing, over } = lookAhead()
      if (!place.valid || place.epoch !== topic.epoch) blame('goes on although its place is gone')
      if (missing) blame(`never got ${missing.epoch}:${missing.seq} of ${topic.head}`)
      if (over) blame(`goes on after it was removed, at ${place.seq}`)
      const undisturbed = !topic.replaced && topic.floor === 0
      if (wasFull && undisturbed && selectsGreeting()) blame('was not told that it has caught up again')
      if (!greeted && selectsGreeting()) blame('was never told that it has reached the feed')
    },
  }

  function selectsGreeting(): boolean {
    const { epoch, seq } = place
    return operation.selects({ kind: 'SYNCED', epoch, seq, topicId: topic.id, at: new Date(0), reason: null })
  }
}
