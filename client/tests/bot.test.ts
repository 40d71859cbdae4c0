import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../tests/simulation/virtual-time.ts'
import { test } from '../../tests/support/server.ts'
import { roomFeed } from '../src/node/feed.ts'
import { makeGuest, makeRoom } from './setup/clients.ts'

const program = fileURLToPath(new URL('../examples/bot.ts', import.meta.url))
const killsWanted = 20

test(`the example bot answers each question exactly once, although it is killed ${killsWanted} times`, async ({
  one,
}) => {
  const random = createRandom(3)
  const folder = await mkdtemp(join(tmpdir(), 'kabar-bot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const ada = await makeGuest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const env = { ...process.env, KABAR_URL: `${one.url}/graphql`, ROOM_ID: roomId, NODE_NO_WARNINGS: '1' }
  let bot: ChildProcess | null = null
  let complaints = ''
  const start = () => {
    bot = spawn(process.execPath, ['--conditions=kabar-source', program, folder], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    bot.stderr?.on('data', (text) => {
      complaints += String(text)
    })
  }
  const kill = async () => {
    const ending = bot && bot.exitCode === null ? once(bot, 'exit') : null
    bot?.kill('SIGKILL')
    await ending
  }
  onTestFinished(kill)
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
  expect(complaints).toBe('')
}, 600_000)
