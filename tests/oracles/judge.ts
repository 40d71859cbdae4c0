// The judge of one stream of the simulation: it knows what must come, in which order, and how a stream may end.

import type { AppError } from '../../src/errors.ts'
import { chainOfNothing, type Position } from '../../src/feed/chain.ts'
import type { FeedEvent } from '../../src/feed/events.ts'
import { type Interest, isHidden, mayEnd } from '../../src/feed/hub/interest.ts'
import { type Hint, type HintKind, isHint, type StreamItem } from '../../src/feed/streams/stream-item.ts'
import { chainAt, type ModelTopic } from './model-feed.ts'

/** An operation of the simulation. */
export interface Operation {
  readonly key: string
  /** True if its answer depends on who is looking, which shows at messages only. */
  readonly asksViewer: boolean
  readonly hintKinds: ReadonlySet<HintKind>
  selects(signal: StreamItem): boolean
}

/** An item that a sink of the simulation got: a stream item, and the viewer that it was made for. */
export interface Frame {
  readonly signal: StreamItem
  readonly viewerId: string | null
}

/** The facts that a stream is judged by. */
export interface JudgeOptions {
  readonly topic: ModelTopic
  readonly operation: Operation
  readonly interest: Interest
  /** Called with each fault that it finds. */
  blame(what: string): void
}

const hiddenOf = ({ seq, chain, topicId, at }: FeedEvent): StreamItem => ({
  ...{ kind: 'HIDDEN', seq, chain, topicId, at, reason: null },
})

/** Where a stream begins, and what the feed was when it was opened. */
export interface Place extends Position {
  readonly head: number
  /** True if the feed contained the position. */
  readonly valid: boolean
}

/** Compares what comes with what the model says must come. */
export function createJudge({ topic, operation, interest, blame }: JudgeOptions) {
  const { viewerId, shunnedUserIds } = interest
  const endsWith = (event: FeedEvent) => mayEnd(event) && interest.endsWith(event)
  let place: Place = { seq: 0, chain: chainOfNothing, head: 0, valid: true }
  let removed = false
  let resynced = false
  let greeted = false
  /** True if the database ever said that the viewer has left, which it may have lost since. */
  let wasSentOff = false

  /** The kind of the frame that the event must come as; null where the operation says nothing of it. */
  function expectedKind(event: FeedEvent): string | null {
    if (!isHidden(interest, event)) return operation.selects(event) ? event.kind : null
    return operation.selects(hiddenOf(event)) ? 'HIDDEN' : null
  }

  const contains = (events: readonly FeedEvent[], { seq, chain }: Position) => chainAt(events, seq) === chain

  /** The histories of which the stream may be: the present one, and those that were lost. */
  const histories = () => topic.histories.filter((events) => contains(events, place))

  /** Looks past events of which the operation says nothing for the next that must come, or the one that ends the stream. */
  function lookAhead(events: readonly FeedEvent[]): { missing: FeedEvent | null; over: boolean } {
    for (let seq = place.seq; !removed; seq++) {
      const event = events[seq]
      if (!event || expectedKind(event) !== null) return { missing: event ?? null, over: false }
      if (endsWith(event)) break
    }
    return { missing: null, over: true }
  }

  function takeEvent({ signal, viewerId: renderedFor }: Frame): void {
    const next = histories().map((events) => lookAhead(events).missing)
    const event = next.find((missing) => missing?.chain === signal.chain) ?? next.at(-1) ?? null
    // who is to go may be told of numbers alone, from then on
    const isVeiled = signal.kind === 'HIDDEN' && event !== null && isSentOff() && !endsWith(event)
    const kind = event && (isVeiled ? 'HIDDEN' : expectedKind(event))
    const expected = event ? `${kind} ${nameOf(event)}` : 'nothing'
    const got = `${signal.kind} ${nameOf(signal)}`
    if (got !== expected) blame(`got ${got} instead of ${expected}`)
    const asks = operation.asksViewer && signal.kind === 'MESSAGE_SENT'
    if (renderedFor !== (asks ? viewerId : null)) blame(`got ${got} as ${renderedFor} sees it`)
    if (!event) return
    moveTo(event)
    removed = endsWith(event)
  }

  function moveTo({ seq, chain }: Position): void {
    place = { ...place, seq, chain }
  }

  /** Moves to a place that a stream item names: nothing may be missing before it. */
  function takePlace(what: string, position: Position): void {
    const known = histories().filter((events) => position.seq >= place.seq && contains(events, position))
    if (known.length === 0) blame(`${what} at ${nameOf(position)}, which does not continue ${nameOf(place)}`)
    const missing = known.map((events) => lookAhead(events).missing)
    if (known.length > 0 && missing.every((event) => event && event.seq <= position.seq)) {
      blame(`${what} at ${nameOf(position)} before it got ${missing[0] && nameOf(missing[0])}`)
    }
    moveTo(position)
  }

  function takeGreeting(item: StreamItem, wasFull: boolean): void {
    if (greeted && !wasFull) blame('greeted twice')
    greeted = true
    takePlace('greeted', item)
    if (item.seq < place.head && !topic.isPutBack) blame(`greeted at ${item.seq} when it opened at ${place.head}`)
  }

  /** A hint comes to who is live, at its very place, and without those whom the viewer shuns. */
  function takeHint(hint: Hint): void {
    const { kind, actorIds, userIds } = hint
    if (!operation.hintKinds.has(kind)) blame(`got ${kind}, which it did not ask for`)
    if (!greeted) blame(`got ${kind} before it was live`)
    takePlace('got a hint', hint)
    if (userIds.some((userId) => shunnedUserIds.has(userId))) blame(`was told of ${userIds.join(' and ')}`)
    if (actorIds.every((userId) => shunnedUserIds.has(userId))) blame(`was told what ${actorIds.join()} did`)
  }

  function mayResync(): boolean {
    // such a stream was told of numbers alone
    if (wasSentOff && topic.isPutBack) return true
    if (!place.valid || topic.isGone || place.seq < topic.floor || !contains(topic.events, place)) return true
    return topic.histories.some((events) => events !== topic.events && contains(events, place) && mayBeLost(events))
  }

  /** Tells whether the stream may have followed a lost history to where the present one is another, without a word. */
  function mayBeLost(events: readonly FeedEvent[]): boolean {
    for (let seq = place.seq; seq < events.length; seq++) {
      const event = events[seq]
      if (!event || expectedKind(event) !== null) break
      if (!contains(topic.events, event)) return true
    }
    // or have been told by one that its viewer has left
    return events.slice(place.seq).some((event) => endsWith(event) && !contains(topic.events, event))
  }

  /** Tells whether a feed says, after the stream's place, that its viewer has left. */
  function isSentOff(): boolean {
    return wasSentOff || histories().some((events) => events.slice(place.seq).some(endsWith))
  }

  return {
    /** True if the present feed says so. */
    isSentOff() {
      const isGone = topic.events.slice(place.seq).some(endsWith)
      wasSentOff ||= isGone
      return isGone
    },
    begins(given: Place) {
      place = given
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
      const ends = histories().map(lookAhead)
      if (ends.some(({ over }) => over)) return
      // of numbers alone a terse operation says nothing
      const isVeiled = ends.some(({ missing }) => missing && isSentOff() && !operation.selects(hiddenOf(missing)))
      if (!isVeiled) blame('ended for no reason')
    },
    /** When all is quiet, a stream that goes on has everything. */
    atRest(wasFull: boolean) {
      if (!place.valid || !contains(topic.events, place)) blame('goes on although its place is gone')
      const { missing, over } = lookAhead(topic.events)
      if (missing) blame(`never got ${nameOf(missing)} of ${topic.head}`)
      if (over) blame(`goes on after it was removed, at ${place.seq}`)
      const undisturbed = !topic.isPutBack && topic.floor === 0
      if (wasFull && undisturbed && selectsGreeting()) blame('was not told that it has caught up again')
      if (!greeted && selectsGreeting()) blame('was never told that it has reached the feed')
    },
  }

  function selectsGreeting(): boolean {
    const { seq, chain } = place
    return operation.selects({ kind: 'SYNCED', seq, chain, topicId: topic.id, at: new Date(0), reason: null })
  }
}

/** A position in a few characters. */
export const nameOf = ({ seq, chain }: Position) => `${seq}·${chain.slice(0, 4)}`
