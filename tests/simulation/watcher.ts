// One subscriber of the simulation: a sink that takes frames at its own pace. Everything that it gets is judged.

import type { FeedEvent } from '../../src/feed/events.ts'
import type { Renderer, Rendering } from '../../src/feed/hub/group.ts'
import type { Interest, Sink } from '../../src/feed/hub/interest.ts'
import { isEvent, type StreamItem } from '../../src/feed/streams/stream-item.ts'
import { createJudge, type Frame, nameOf, type Operation, type Place } from '../oracles/judge.ts'
import type { ModelTopic, Weather } from '../oracles/model-feed.ts'
import type { Random, VirtualClock } from './virtual-time.ts'

/** How a reader takes what it is given. */
export type Pace = 'fast' | 'slow' | 'stopping' | 'dead' | 'failing'

/** The parameters of a watcher. */
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
  begins(place: Place): void
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
  const { name, topic, operation, viewerId, hiddenActorIds, shunnedUserIds, clock, random, weather, log } = options
  const interest: Interest = {
    viewerId,
    hiddenActorIds,
    shunnedUserIds,
    hides: new Set(),
    settling: () => null,
    hintKinds: operation.hintKinds,
    selects: operation.selects,
    endsWith: (event) => event.kind === 'MEMBER_LEFT' && event.subject === viewerId,
    async maySeeNow() {
      await clock.pass(random.below(weather.delayMsMax))
      const isGone = judge.isSentOff()
      await clock.pass(random.below(weather.delayMsMax))
      if (random.chance(weather.failing)) throw new Error('the facts could not be read')
      return !isGone
    },
  }
  let fault: string | null = null
  const blame = (what: string) => {
    if (!fault) options.onFault(`${name}: ${what}`)
    fault ??= what
  }
  const reader = createReader(options, blame)
  const judge = createJudge({ topic, operation, interest, blame })
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
        log(`${name} gets ${frames.map(({ signal }) => `${signal.kind} ${nameOf(signal)}`).join(', ')}`)
        if (end) blame(`got ${frames.length} frames after ${end}`)
        reader.hold(frames.length)
        for (const frame of frames) judge.take(frame, reader.wasFull)
        if (frames.some(({ signal }) => signal.kind === 'SYNCED')) reader.wasFull = false
      },
      sizeOf: () => frameBytes,
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
      log(`${name} begins on ${topic.id} after ${nameOf(place)}${place.valid ? '' : ', which cannot be'}`)
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
  const renderOne = (signal: StreamItem, viewerId: string | null): Rendering<Frame> => {
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
