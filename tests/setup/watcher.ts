// One subscriber of the simulation: a sink that takes frames at its own pace, and a judge of everything that it gets.

import type { AppError } from '../../src/errors.ts'
import type { FeedEvent } from '../../src/feed/events.ts'
import type { Renderer, Rendering } from '../../src/feed/group.ts'
import { type Hint, type HintKind, isEvent, isHint, type Signal } from '../../src/feed/signal.ts'
import { type Interest, isHidden, type Sink } from '../../src/feed/subscriber.ts'
import type { ModelTopic, Weather } from './model-feed.ts'
import type { Random, VirtualClock } from './virtual-time.ts'

/** An operation of the simulation. */
export interface Operation {
  readonly key: string
  /** Whether its answer depends on who is looking, which shows at messages only. */
  readonly asksViewer: boolean
  readonly hintKinds: ReadonlySet<HintKind>
  selects(signal: Signal): boolean
}

/** What a sink of the simulation gets: a signal, and for whom it was made. */
export interface Frame {
  readonly signal: Signal
  readonly viewerId: string | null
}

/** How a reader takes what it is given. */
export type Pace = 'fast' | 'slow' | 'stopping' | 'dead' | 'failing'

/** What a watcher is made of. */
export interface WatcherOptions {
  readonly name: string
  readonly topic: ModelTopic
  readonly operation: Operation
  readonly viewerId: string
  readonly hiddenActorIds: ReadonlySet<string>
  readonly shunnedUserIds: ReadonlySet<string>
  readonly pace: Pace
  readonly clock: VirtualClock
  readonly random: Random
  readonly weather: Weather
  /** Frames that a sink may hold at the most. */
  readonly heldMax: number
  /** Bytes above which the hub gives a sink no more. */
  readonly boundBytes: number
  readonly stallMs: number
  /** Called with each event that is executed. */
  onRender(event: FeedEvent, viewerId: string | null): void
  onFault(fault: string): void
  log(line: string): void
}

/** How a stream ended. */
export type End = 'cancelled' | 'abandoned' | 'finished' | null

/** A subscriber of the simulation. */
export interface Watcher {
  readonly interest: Interest
  readonly renderer: Renderer<Frame>
  readonly sink: Sink<Frame>
  /** Says where its stream begins, and what the feed was when it was opened. */
  begins(place: { epoch: number; seq: number; head: number; valid: boolean }): void
  /** Says that it leaves of its own will. */
  leaves(): void
  end(): End
  /** Checks that nothing is missing now that the feed is at rest. */
  judgeAtRest(): void
}

/** The bytes of every frame. */
export const frameBytes = 100

/** Makes a watcher. */
export function createWatcher(options: WatcherOptions): Watcher {
  const { name, topic, operation, viewerId, hiddenActorIds, shunnedUserIds, log } = options
  const interest: Interest = {
    viewerId,
    hiddenActorIds,
    shunnedUserIds,
    settling: () => null,
    hintKinds: operation.hintKinds,
    selects: operation.selects,
    endsWith: (event) => event.kind === 'MEMBER_LEFT' && event.subject === viewerId,
  }
  let fault: string | null = null
  const blame = (what: string) => {
    if (!fault) options.onFault(`${name}: ${what}`)
    fault ??= what
  }
  const reader = createReader(options, blame)
  const judge = createJudge(options, interest, blame)
  let end: End = null

  function finish(how: Exclude<End, null>): void {
    log(`${name} ${how}`)
    if (end) blame(`${how} after ${end}`)
    end ??= how
    reader.stop()
  }

  return {
    interest,
    renderer: createRenderer(options),
    sink: {
      deliver(frames) {
        log(`${name} gets ${frames.map(({ signal }) => `${signal.kind} ${signal.epoch}:${signal.seq}`).join(', ')}`)
        if (end) blame(`got ${frames.length} frames after ${end}`)
        reader.hold(frames.length)
        for (const frame of frames) judge.take(frame, reader.wasFull)
        if (frames.some(({ signal }) => signal.kind === 'SYNCED')) reader.wasFull = false
      },
      bufferedBytes: reader.bufferedBytes,
      drained: reader.drained,
      finish(error) {
        judge.finish(error)
        finish('finished')
      },
      abandon() {
        finish('abandoned')
        if (!reader.wasStalled && !reader.failed) blame('abandoned although it reads')
      },
    },
    begins: (place) => {
      log(`${name} begins on ${topic.id} after ${place.epoch}:${place.seq}${place.valid ? '' : ', which cannot be'}`)
      judge.begins(place)
    },
    leaves: () => {
      if (!end) finish('cancelled')
    },
    end: () => end,
    judgeAtRest() {
      if (!end) judge.atRest(reader.wasFull)
    },
  }
}

function createRenderer({ operation, clock, random, weather, onRender, onFault }: WatcherOptions): Renderer<Frame> {
  const { key, asksViewer, selects } = operation
  const shownUserIds: ReadonlySet<string> = new Set()
  const renderOne = (signal: Signal, viewerId: string | null): Rendering<Frame> => {
    if (isEvent(signal)) onRender(signal, viewerId)
    if (!selects(signal)) return { frame: null, askedViewer: false, shownUserIds }
    const asks = asksViewer && signal.kind === 'MESSAGE_SENT'
    if (asks && viewerId === null) return { frame: null, askedViewer: true, shownUserIds }
    return { frame: { signal, viewerId: asks ? viewerId : null }, askedViewer: false, shownUserIds }
  }
  return {
    key,
    async render(signals, viewerId) {
      // a loop around such a call never lets the process do anything else
      if (signals.length === 0) onFault('was to execute nothing')
      await clock.pass(random.below(weather.delayMsMax))
      if (random.chance(weather.failing)) throw new Error('the selection failed')
      return signals.map((signal) => renderOne(signal, viewerId))
    },
  }
}

/** The far end of a sink. */
function createReader(options: WatcherOptions, blame: (what: string) => void) {
  const { clock, random, pace, heldMax, boundBytes, stallMs } = options
  const stopsAt = random.below(100)
  const goesOnAt = stopsAt + random.below(3 * stallMs)
  const waiting: (() => void)[] = []
  let held = 0
  let took = 0
  let taking = false
  let stopped = false

  const reader = { wasFull: false, wasStalled: false, failed: false, hold, bufferedBytes, drained, stop }

  function hold(count: number): void {
    reader.failed = pace === 'failing' && random.chance(0.3)
    if (reader.failed) throw new Error('the sink failed')
    if (held === 0) took = clock.now()
    held += count
    if (held > heldMax) blame(`holds ${held} frames`)
    if (!taking) schedule()
  }

  function schedule(): void {
    taking = pace !== 'dead' && held > 0 && !stopped
    if (!taking) return
    const rests = pace === 'stopping' && clock.now() >= stopsAt ? Math.max(0, goesOnAt - clock.now()) : 0
    clock.after(rests + random.below(pace === 'slow' ? 30 : 4), () => {
      held -= pace === 'slow' ? 1 : held
      took = clock.now()
      if (held === 0) wake()
      schedule()
    })
  }

  function wake(): void {
    for (const resolve of waiting.splice(0)) resolve()
  }

  function bufferedBytes(): number {
    reader.wasFull ||= held * frameBytes > boundBytes
    reader.wasStalled = held * frameBytes > boundBytes / 4 && clock.now() - took >= stallMs
    return held * frameBytes
  }

  function drained(): Promise<void> {
    return held === 0 || stopped ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
  }

  function stop(): void {
    stopped = true
    wake()
  }
  return reader
}

/** Compares what comes with what the model says must come. */
function createJudge(options: WatcherOptions, interest: Interest, blame: (what: string) => void) {
  const { topic, operation, viewerId } = options
  let place = { epoch: 0, seq: 0, head: 0, valid: true }
  let removed = false
  let resynced = false
  let greeted = false

  /** The kind of the frame that the event must come as; null where the operation says nothing of it. */
  function expectedKind(event: FeedEvent): string | null {
    if (!isHidden(interest, event)) return operation.selects(event) ? event.kind : null
    const { epoch, seq, topicId, at } = event
    const hidden: Signal = { kind: 'HIDDEN', epoch, seq, topicId, at, reason: null }
    return operation.selects(hidden) ? 'HIDDEN' : null
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
    const expected = event ? `${expectedKind(event)} ${event.epoch}:${event.seq}` : 'nothing'
    const got = `${signal.kind} ${signal.epoch}:${signal.seq}`
    if (got !== expected) blame(`got ${got} instead of ${expected}`)
    const asks = operation.asksViewer && signal.kind === 'MESSAGE_SENT'
    if (renderedFor !== (asks ? viewerId : null)) blame(`got ${got} as ${renderedFor} sees it`)
    if (!event) return
    place.seq = event.seq
    removed = interest.endsWith(event)
  }

  function takeGreeting({ seq, epoch }: Signal, wasFull: boolean): void {
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
    const { shunnedUserIds } = options
    if (userIds.some((userId) => shunnedUserIds.has(userId))) blame(`was told of ${userIds.join(' and ')}`)
    if (actorIds.every((userId) => shunnedUserIds.has(userId))) blame(`was told what ${actorIds.join()} did`)
  }

  function mayResync(): boolean {
    return !place.valid || topic.replaced || place.seq < topic.floor
  }

  return {
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
      if (missing) blame(`ended before ${missing.seq}`)
      if (!over) blame('ended for no reason')
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
