import { expect, test } from 'vitest'
import { people, positionAt, putBack } from '../oracles/model-feed.ts'
import {
  createScene,
  type Fault,
  givenSeed,
  hintAt,
  operations,
  pageMax,
  playSchedule,
  type Scene,
  visit,
} from '../simulation/simulation.ts'

const schedules = 2_500

const nobody: ReadonlySet<string> = new Set()
const calm = { hiddenActorIds: nobody, shunnedUserIds: nobody, pace: 'fast', after: null, fails: null } as const

const seedsUpTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** One scene with one topic, for a test that decides itself what happens. */
function stage(seed: number) {
  const scene = createScene(seed, 1)
  const [topic] = scene.feed.topics
  if (!topic) throw new Error('a scene has a topic')
  const [shared, personal, terse] = operations
  if (!shared || !personal || !terse) throw new Error('there are three operations')
  return {
    ...{ scene, topic, shared, personal, terse },
    write(count: number, removals = 0) {
      scene.feed.write(topic, count, removals)
      scene.hub.ring([{ topicId: topic.id, head: topic.head }])
    },
    rest: () => scene.clock.runOut(() => scene.random.below(8)),
  }
}

function expectNoFault({ faults, story }: Scene): void {
  expect(faults, story.join('\n')).toEqual([])
}

test('in thousands of random schedules every subscriber gets every event once, in order, or is told why not', async () => {
  let fault: Fault | null = null
  for (const seed of givenSeed === null ? seedsUpTo(schedules) : [givenSeed]) {
    fault ??= await playSchedule(seed)
  }
  if (!fault) return
  const again = `Play it again: FEED_SEED=${fault.seed} npx vitest run tests/feed/schedules.test.ts`
  expect.fail(`${fault.what}\n${fault.story.slice(-120).join('\n')}\n${again}`)
})

test('a live event is executed once for all equal operations, and once per viewer where it depends on the viewer', async () => {
  for (const seed of seedsUpTo(200)) {
    const { scene, topic, shared, personal, terse, write, rest } = stage(seed)
    const { random, clock, weather, renders, watchers } = scene
    weather.delayMsMax = 10
    for (const viewerId of people) {
      for (const operation of [shared, shared, personal, personal, terse])
        visit(scene, { ...calm, topic, operation, viewerId })
    }
    await rest()
    const before = topic.head
    for (let left = 10; left > 0; left--) clock.after(random.below(100), () => write(1 + random.below(3)))
    await rest()
    for (const watcher of watchers) watcher.judgeAtRest()
    expectNoFault(scene)
    expect([...renders].filter(([, times]) => times > 1)).toEqual([])
    const ofShared = [...renders.keys()].filter((key) => key.startsWith('shared null'))
    expect(ofShared).toHaveLength(topic.head - before)
    const found = topic.events.find(({ seq, kind }) => seq > before && kind === 'MESSAGE_SENT')?.seq ?? 0
    const triedForAll = [...renders.keys()].filter((key) => key.startsWith('personal null'))
    expect(Math.max(0, ...triedForAll.map((key) => Number(key.split(':').at(-1))))).toBeLessThan(found + pageMax)
  }
})

test('a hint to a quiet room reaches all who asked for it, executed once where nobody is shunned', async () => {
  const { scene, topic, shared, terse, rest } = stage(1)
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'bob', shunnedUserIds: new Set(['ada']) })
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'dan' })
  visit(scene, { ...calm, topic, operation: terse, viewerId: 'ada' })
  await rest()
  const from = scene.story.length
  const hint = { topicId: topic.id, kind: 'TYPING_CHANGED', subject: topic.id } as const
  scene.hub.hint({ ...hint, actorIds: ['ada'], userIds: ['ada'] })
  await rest()
  scene.hub.hint({ ...hint, actorIds: ['cy'], userIds: ['ada', 'cy'] })
  await rest()
  expectNoFault(scene)
  const told = scene.story.slice(from).map((line) => line.slice(line.indexOf(' ') + 1, line.indexOf(' gets')))
  expect(told).toEqual(['ada 0', 'dan 2', 'ada 0', 'bob 1', 'dan 2'])
})

test('a message that comes while a hint is executed is not held up, and the hint follows it or is lost', async () => {
  let told = 0
  for (const seed of seedsUpTo(100)) {
    const { scene, topic, shared, write, rest } = stage(seed)
    const { weather, clock, random } = scene
    for (const viewerId of people) visit(scene, { ...calm, topic, operation: shared, viewerId })
    await rest()
    weather.delayMsMax = 10
    for (let left = 10; left > 0; left--) {
      clock.after(random.below(50), () => write(1))
      clock.after(random.below(50), () => hintAt(scene, topic))
    }
    await rest()
    for (const watcher of scene.watchers) watcher.judgeAtRest()
    expectNoFault(scene)
    told += scene.story.filter((line) => line.includes('TYPING_CHANGED')).length
  }
  expect(told).toBeGreaterThan(0)
})

test('those who come back together with the same cursor wait for one execution', async () => {
  const { scene, topic, shared, write, rest } = stage(1)
  write(3)
  for (const viewerId of [...people, ...people]) {
    visit(scene, { ...calm, topic, operation: shared, viewerId, after: positionAt(topic, topic.head - 3) })
  }
  await rest()
  for (const watcher of scene.watchers) watcher.judgeAtRest()
  expectNoFault(scene)
  expect([...scene.renders.values()]).toEqual([1, 1, 1])
})

test('an operation that cannot be executed does not hold up the others', async () => {
  const { scene, topic, shared, terse, write, rest } = stage(1)
  const ill = { failing: 0, delayMsMax: 1 }
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada', weather: ill })
  visit(scene, { ...calm, topic, operation: terse, viewerId: 'bob' })
  await rest()
  ill.failing = 1
  write(3)
  // long before it can be executed again
  scene.clock.after(500, () => scene.watchers[1]?.judgeAtRest())
  scene.clock.after(1_000, () => {
    ill.failing = 0
  })
  await rest()
  for (const watcher of scene.watchers) watcher.judgeAtRest()
  expectNoFault(scene)
})

test('a feed that was put back is noticed by the next sweep, by those who hold what was lost', async () => {
  for (const [back, written] of [
    [2, 0],
    [2, 1],
    [2, 2],
    [2, 3],
    [2, 20],
  ] as const) {
    const { scene, topic, shared, terse, write, rest } = stage(1)
    write(5)
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
    visit(scene, { ...calm, topic, operation: terse, viewerId: 'bob', after: positionAt(topic, topic.head - 3) })
    await rest()
    const lost = positionAt(topic, topic.head)
    putBack(topic, topic.head - back)
    scene.feed.write(topic, written, 0)
    void scene.hub.catchUp()
    await rest()
    expectNoFault(scene)
    expect(scene.watchers.map((watcher) => watcher.end())).toEqual(['finished', 'finished'])
    expect(scene.hub.size()).toEqual({ topics: 0, subscribers: 0, eventsBehind: 0 })
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada', after: positionAt(topic, lost.seq - back) })
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'bob', after: lost })
    await rest()
    expectNoFault(scene)
    expect(scene.watchers.map((watcher) => watcher.end()).slice(2)).toEqual([null, 'finished'])
  }
})

test('a topic that is gone ends its streams', async () => {
  const { scene, topic, shared, rest } = stage(1)
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
  await rest()
  topic.isGone = true
  void scene.hub.catchUp()
  await rest()
  expectNoFault(scene)
  expect(scene.watchers.map((watcher) => watcher.end())).toEqual(['finished'])
})

test('what made the hub doubt a feed is looked at again when the first look fails', async () => {
  for (const seed of seedsUpTo(50)) {
    const { scene, topic, shared, write, rest } = stage(seed)
    const { clock, hub, random, weather, watchers } = scene
    weather.delayMsMax = 10
    write(1)
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
    await rest()
    scene.feed.replace(topic)
    let answered = false
    hub.catchUp().then(
      () => (answered = true),
      () => {},
    )
    clock.after(random.below(40), () => {
      weather.failing = 1
    })
    clock.after(200, () => {
      weather.failing = 0
    })
    await rest()
    expectNoFault(scene)
    if (answered) expect(watchers[0]?.end()).toBe('finished')
  }
})

test.for([
  ['shorter', 2],
  ['as long', 3],
  ['longer', 5],
] as const)(
  'a newcomer who sees another feed, which is %s, tells the hub without a sweep, and goes on',
  async ([, written]) => {
    const { scene, topic, shared, write, rest } = stage(1)
    const [before] = [topic.head]
    write(3)
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
    await rest()
    putBack(topic, before)
    scene.feed.write(topic, written, 0)
    visit(scene, { ...calm, topic, operation: shared, viewerId: 'bob' })
    await rest()
    for (const watcher of scene.watchers) watcher.judgeAtRest()
    expectNoFault(scene)
    expect(scene.watchers.map((watcher) => watcher.end())).toEqual(['finished', null])
  },
)

test.for([
  ['before the fork, which this server remembers otherwise', 1, null],
  ['at what was lost', 4, 'finished'],
] as const)('of a feed that was put back, who resumes %s is judged by the feed', async ([, back, end]) => {
  const { scene, topic, shared, write, rest } = stage(1)
  write(3)
  const before = topic.head
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
  await rest()
  write(4)
  await rest()
  const after = positionAt(topic, before - 1 + back)
  putBack(topic, before)
  scene.feed.write(topic, 4, 0)
  visit(scene, {
    ...calm,
    topic,
    operation: shared,
    viewerId: 'bob',
    after: end === null ? positionAt(topic, before) : after,
  })
  await rest()
  void scene.hub.catchUp()
  await rest()
  expectNoFault(scene)
  expect(scene.watchers.map((watcher) => watcher.end())).toEqual(['finished', end])
})

test('a cursor that is too old must resync, even if this server still remembers what followed', async () => {
  const { scene, topic, shared, write, rest } = stage(1)
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'ada' })
  await rest()
  const after = positionAt(topic, topic.head)
  write(3)
  await rest()
  topic.floor = topic.head - 1
  visit(scene, { ...calm, topic, operation: shared, viewerId: 'bob', after })
  await rest()
  expectNoFault(scene)
  expect(scene.watchers.map((watcher) => watcher.end())).toEqual([null, 'finished'])
})
