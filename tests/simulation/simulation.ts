// Seeded schedules of the hub: chance decides who comes and goes, what is lost, late, doubled or broken, and when.

import type { Position } from '../../src/feed/chain.ts'
import type { FeedEvent } from '../../src/feed/events.ts'
import { createHub, type Hub, type Subscription } from '../../src/feed/hub/hub.ts'
import { createReadBehind } from '../../src/feed/hub/read-behind.ts'
import { openStream } from '../../src/feed/streams/stream.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { nameOf, type Operation, type Place } from '../oracles/judge.ts'
import {
  chainAt,
  createModelFeed,
  type ModelFeed,
  type ModelTopic,
  people,
  positionAt,
  type Weather,
} from '../oracles/model-feed.ts'
import { createRandom, createVirtualClock, type Random, type VirtualClock } from './virtual-time.ts'
import { createWatcher, frameBytes, type Watcher } from './watcher.ts'

/** The events of one page. */
export const pageMax = 3
const recentEventsMax = 4
const config = {
  ...{
    recentEventsMax,
    pageEventsMax: pageMax,
    eventsAheadMax: 4 * pageMax,
    socketBufferBytesMax: 800,
    stallMs: 1_000,
    reconnectMinMs: 5,
    reconnectMaxMs: 40,
  },
  hintsRenderedMax: 5,
}
const heldMax = config.socketBufferBytesMax / frameBytes + Math.max(pageMax, recentEventsMax) + 1
const lifeMs = 300

/** The seed of FEED_SEED, to play one schedule again with its story; null to play many. */
export const givenSeed: number | null = process.env.FEED_SEED ? Number(process.env.FEED_SEED) : null

/** A schedule that went wrong. */
export interface Fault {
  readonly seed: number
  readonly what: string
  /** All events that happened, in order. */
  readonly story: readonly string[]
}

/** The parts of one schedule. */
export interface Scene {
  readonly random: Random
  readonly clock: VirtualClock
  readonly weather: Weather
  readonly feed: ModelFeed
  readonly hub: Hub
  readonly watchers: Watcher[]
  /** Ends every stream that still goes on. */
  readonly leaveAll: (() => void)[]
  readonly faults: string[]
  readonly story: string[]
  /** Times that each event was executed, by operation, viewer and number. */
  readonly renders: Map<string, number>
}

/** Makes the parts of a schedule from its seed. */
export function createScene(seed: number, topicCount: number, hasReplica = false): Scene {
  const random = createRandom(seed)
  const clock = createVirtualClock()
  const weather = { failing: 0, delayMsMax: 1 }
  const feed = createModelFeed({ clock, random, weather, topicCount, pageMax })
  const faults: string[] = []
  const onError = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    if (!message.startsWith('the ')) faults.push(`the hub reports ${message}`)
  }
  const metrics = createMetrics()
  const hub = createHub({
    read: feed.read,
    readBehind: hasReplica ? createReadBehind({ readPage: feed.readReplica, counts: metrics.counts }) : null,
    heads: feed.heads,
    clock,
    config,
    metrics,
    tracing: null,
    onDelivered() {},
    onError,
  })
  return { random, clock, weather, feed, hub, watchers: [], leaveAll: [], faults, story: [], renders: new Map() }
}

/** Makes operations: a shared one, one whose answer depends on the viewer, and one that says little. */
export const operations: readonly Operation[] = [
  { key: 'shared', asksViewer: false, hintKinds: new Set(['TYPING_CHANGED']), selects: () => true },
  { key: 'personal', asksViewer: true, hintKinds: new Set(['TYPING_CHANGED']), selects: () => true },
  {
    ...{ key: 'terse', asksViewer: false, hintKinds: new Set() },
    selects: ({ kind }) => kind === 'MESSAGE_SENT' || kind === 'SYNCED',
  },
]

/** Random choices about a subscriber before it starts. */
export type Visit = Pick<
  Parameters<typeof createWatcher>[0],
  'topic' | 'operation' | 'viewerId' | 'hiddenActorIds' | 'shunnedUserIds' | 'pace'
> & {
  /** Where it goes on; null for from now on. */
  after: Position | null
  /** True if it goes away between asking and starting. */
  fails: 'at the door' | 'before the start' | null
  /** The weather of its renderer alone; that of the scene when missing. */
  weather?: Weather
}

/** Brings one subscriber to the hub. Returns how it leaves. */
export function visit(scene: Scene, { after, fails, ...given }: Visit): () => void {
  const { clock, random, weather, feed, hub, watchers, faults, renders, story } = scene
  const { topic, operation } = given
  const watcher = createWatcher({
    ...{ clock, random, weather, heldMax, boundBytes: config.socketBufferBytesMax, stallMs: config.stallMs },
    ...given,
    name: `${given.viewerId} ${scene.leaveAll.length}`,
    onRender(event: FeedEvent, viewerId) {
      const key = `${operation.key} ${viewerId} ${event.topicId} ${event.chain}:${event.seq}`
      renders.set(key, (renders.get(key) ?? 0) + 1)
    },
    onFault: (fault) => faults.push(fault),
    log: (line) => story.push(`${clock.now()}: ${line}`),
  })
  let subscription: Subscription | null = null
  let left = false
  const leave = () => {
    left = true
    if (subscription) watcher.leaves()
    subscription?.cancel()
  }

  async function come(): Promise<void> {
    const cursor = after && { topicId: topic.id, ...after }
    let place: Place | null = null
    const stream = await openStream(hub, {
      topicId: topic.id,
      after: cursor,
      async open() {
        await clock.pass(random.below(weather.delayMsMax))
        const state = feed.state(topic)
        const { head, floor, events } = topic
        const valid = !after || (after.seq >= floor && chainAt(events, after.seq) === after.chain)
        place = { ...(after ?? positionAt(topic, head)), head, valid }
        await clock.pass(random.below(weather.delayMsMax))
        if (fails === 'at the door') throw new Error('the viewer may not')
        return { state, interest: watcher.interest }
      },
      attend: () => () => {},
      onSessionEnd: () => () => {},
      forget: () => {},
    })
    if (left || fails) {
      stream.release()
      stream.release()
      return
    }
    if (place) watcher.begins(place)
    watchers.push(watcher)
    subscription = stream.start(watcher.renderer, watcher.sink)
    // what has started cannot be released
    stream.release()
  }
  come().catch((error: unknown) => {
    if (fails !== 'at the door') faults.push(`a subscriber could not come: ${String(error)}`)
  })
  scene.leaveAll.push(leave)
  return leave
}

/** Plays the schedule of a seed. Returns what went wrong, or null. */
export async function playSchedule(seed: number): Promise<Fault | null> {
  const scene = createScene(seed, 2, seed % 2 === 0)
  const { random, clock, weather, hub, faults, watchers, story } = scene
  weather.delayMsMax = 1 + random.below(20)
  weather.failing = random.pick([0, 0, 0.1, 0.3])
  // without sweeps nothing may be lost for good: then the rings alone must do it
  const sweeps = random.chance(0.6)
  const turns = 1 + random.below(10)
  try {
    planVisits(scene)
    planWrites(scene, { sweeps })
    planHints(scene)
    if (sweeps) planDisasters(scene)
    clock.after(lifeMs, () => {
      weather.failing = 0
    })
    await clock.runOut(() => random.below(turns))
    if (sweeps) hub.catchUp().catch((error: unknown) => faults.push(String(error)))
    await clock.runOut(() => random.below(turns))
    for (const watcher of watchers) watcher.judgeAtRest()
    const going = watchers.filter((watcher) => !watcher.end()).length
    if (hub.size().subscribers !== going) faults.push(`the hub has ${hub.size().subscribers} subscribers of ${going}`)
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  }
  for (const leave of scene.leaveAll) leave()
  await clock.runOut(() => 1).catch(() => {})
  const { topics, subscribers } = hub.size()
  if (topics + subscribers > 0) faults.push(`the hub keeps ${topics} topics and ${subscribers} subscribers`)
  return faults.length > 0 ? { seed, what: faults.join('; '), story } : null
}

function planVisits(scene: Scene): void {
  const { random, clock, feed } = scene
  for (let left = 2 + random.below(6); left > 0; left--) {
    clock.after(random.below(lifeMs), () => {
      const topic = random.pick(feed.topics)
      const leave = visit(scene, {
        topic,
        operation: random.pick(operations),
        viewerId: random.pick(people),
        hiddenActorIds: new Set(random.chance(0.3) ? [random.pick(people)] : []),
        shunnedUserIds: new Set(random.chance(0.3) ? [random.pick(people)] : []),
        pace: random.pick(['fast', 'fast', 'fast', 'slow', 'slow', 'stopping', 'dead', 'failing']),
        after: random.chance(0.4) ? null : pickPlace(random, topic),
        fails: random.pick([null, null, null, null, null, null, null, null, 'at the door', 'before the start']),
      })
      if (random.chance(0.3)) clock.after(random.below(lifeMs), leave)
    })
  }
}

/** A place to go on from: mostly one that can be, sometimes too old, of the future, or of a history that was lost. */
function pickPlace(random: Random, topic: ModelTopic): Position {
  const { head, floor, histories } = topic
  const events = random.pick(histories)
  if (random.chance(0.2) && events.length > 0) return positionOf(random.pick(events))
  if (random.chance(0.05)) return { seq: head + 1 + random.below(3), chain: '00000000000000ff' }
  if (random.chance(0.2)) return positionAt(topic, random.below(head + 1))
  return positionAt(topic, head - random.below(head - floor + 1))
}

const positionOf = ({ seq, chain }: Position): Position => ({ seq, chain })

function planWrites(scene: Scene, { sweeps }: { sweeps: boolean }): void {
  const { random, clock, feed, story } = scene
  const removals = random.pick([0, 0.02, 0.1])
  const bursts = random.below(20)
  for (let left = bursts; left > 0; left--) {
    clock.after(random.below(lifeMs), () => {
      const topic = random.pick(feed.topics)
      feed.write(topic, 1 + random.below(random.chance(0.2) ? 15 : 3), removals)
      story.push(`${clock.now()}: ${topic.id} is at ${nameOf(positionAt(topic, topic.head))}`)
      ringFor(scene, topic, { losing: sweeps })
    })
  }
}

/** Hints come at any time, often at the same moment as something else. */
function planHints(scene: Scene): void {
  const { random, clock, feed } = scene
  for (let left = random.below(20); left > 0; left--) {
    clock.after(random.below(lifeMs), () => hintAt(scene, random.pick(feed.topics)))
  }
}

/** Tells who types on a topic. */
export function hintAt({ random, hub }: Scene, { id: topicId }: ModelTopic): void {
  const userIds = people.filter(() => random.chance(0.5))
  hub.hint({ topicId, kind: 'TYPING_CHANGED', subject: topicId, actorIds: [random.pick(people)], userIds })
}

/** Rings as a network does: not at all, twice, late, out of order, or for what does not exist. */
function ringFor(
  { random, clock, hub }: Scene,
  { id: topicId, head }: ModelTopic,
  { losing }: { losing: boolean },
): void {
  if (losing && random.chance(0.3)) return
  const ringLater = (ring: { topicId: string; head: number }) => {
    clock.after(random.pick([0, random.below(10), random.below(100)]), () => hub.ring([ring]))
  }
  ringLater({ topicId, head })
  if (random.chance(0.3)) ringLater({ topicId, head })
  if (random.chance(0.1)) ringLater({ topicId, head: head + 1 + random.below(30) })
  if (random.chance(0.1)) ringLater({ topicId: 'a topic of nobody', head })
}

/** Faults that only the sweep repairs: lost rings, a feed that was trimmed, replaced or put back. */
function planDisasters({ random, clock, feed, hub, story }: Scene): void {
  const at = (what: () => void) => clock.after(random.below(lifeMs), what)
  for (let left = random.below(4); left > 0; left--) at(() => void hub.catchUp().catch(() => {}))
  const happen = (name: 'trim' | 'replace' | 'rewind') => () => {
    const topic = random.pick(feed.topics)
    feed[name](topic)
    story.push(`${clock.now()}: ${name} ${topic.id}, now ${topic.floor}–${nameOf(positionAt(topic, topic.head))}`)
  }
  if (random.chance(0.3)) for (let left = 1 + random.below(3); left > 0; left--) at(happen('trim'))
  if (random.chance(0.2)) for (let left = 1 + random.below(2); left > 0; left--) at(happen('replace'))
  if (random.chance(0.4)) for (let left = 1 + random.below(3); left > 0; left--) at(happen('rewind'))
}
