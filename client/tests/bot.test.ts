import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../tests/simulation/virtual-time.ts'
import { uuidOf } from '../../tests/support/members.ts'
import { test } from '../../tests/support/server.ts'
import { roomFeed } from '../src/node/feed.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'

const program = fileURLToPath(new URL('../examples/bot.ts', import.meta.url))
const killsWanted = 20

/** Makes the example bot, which is not started yet. It is killed at the end of the test. */
function openBot({ url, roomId, folder }: { url: string; roomId: string; folder: string }) {
  const env = { ...process.env, KABAR_URL: `${url}/graphql`, ROOM_ID: roomId, NODE_NO_WARNINGS: '1' }
  let bot: ChildProcess | null = null
  let complaints = ''
  const kill = async () => {
    const ending = bot && bot.exitCode === null ? once(bot, 'exit') : null
    bot?.kill('SIGKILL')
    await ending
  }
  onTestFinished(kill)
  return {
    kill,
    complaints: () => complaints,
    start() {
      bot = spawn(process.execPath, ['--conditions=kabar-source', program, folder], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      bot.stderr?.on('data', (text) => {
        complaints += String(text)
      })
    },
  }
}

test(`the example bot answers each question exactly once, although it is killed ${killsWanted} times`, async ({
  one,
}) => {
  const random = createRandom(3)
  const folder = await mkdtemp(join(tmpdir(), 'kabar-bot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const ada = await makeGuest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const { start, kill, complaints } = openBot({ url: one.url, roomId, folder })
  start()
  const room = ada.room(roomId)
  const answers = new Map<string, number>()
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  void (async () => {
    for await (const event of roomFeed(ada, roomId, { signal: ended.signal })) {
      if (event.__typename !== 'MessageSent' || !event.message.replyTo) continue
      const { id } = event.message.replyTo
      answers.set(id, (answers.get(id) ?? 0) + 1)
    }
  })()
  const query = 'query ($id: ID!) { room(id: $id) { memberCount } }'
  const members = async () =>
    (await ada.query<{ room: { memberCount: number } }>(query, { id: roomId })).room.memberCount
  await expect.poll(members, { timeout: 100_000 }).toBe(2)
  const questions: string[] = []
  for (let kills = 0; kills < killsWanted; kills++) {
    const { id } = await room.send({ body: `question ${kills}?` })
    questions.push(id)
    await room.send({ body: 'no question' })
    // sometimes before it hears it, sometimes between its answer and its note of that
    if (random.chance(0.5)) await expect.poll(() => answers.get(id), { timeout: 150_000 }).toBe(1)
    await kill()
    start()
  }
  await expect.poll(() => questions.filter((id) => !answers.has(id)), { timeout: 150_000 }).toEqual([])
  // an answer that would come twice comes before that of the fence
  const fence = await room.send({ body: 'the last one?' })
  await expect.poll(() => answers.get(fence.id), { timeout: 150_000 }).toBe(1)
  expect([...answers.values()]).toEqual([...questions, fence.id].map(() => 1))
  expect(complaints()).toBe('')
}, 600_000)

test('the example bot answers what was asked while it was away for longer than events are kept', async ({ one }) => {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-bot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const ada = await makeGuest(one, 'Ada')
  const room = follow(ada, await makeRoom(ada))
  const { start, kill, complaints } = openBot({ url: one.url, roomId: room.id, folder })
  const answers = () => bodies(room).filter((body) => body.startsWith('You asked'))
  start()
  await expect.poll(() => room.getSnapshot().members.length, { timeout: 60_000 }).toBe(2)
  await room.send({ body: 'before?' })
  await expect.poll(answers, { timeout: 60_000 }).toEqual(['You asked: before?'])
  await kill()
  await room.send({ body: 'meanwhile?' })
  const topicId = uuidOf(room.id)
  await one.database.pool.query('delete from events where topic_id = $1', [topicId])
  await one.database.pool.query('update topics set floor = head where id = $1', [topicId])
  start()
  await expect.poll(answers, { timeout: 60_000 }).toEqual(['You asked: before?', 'You asked: meanwhile?'])
  await room.send({ body: 'after?' })
  await expect.poll(answers, { timeout: 60_000 }).toHaveLength(3)
  expect(complaints()).toBe('')
})
