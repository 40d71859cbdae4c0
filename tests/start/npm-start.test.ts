// Runs `npm start` where there is nothing yet: no setting, no database, no folder.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test as base, expect, inject } from 'vitest'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { patienceMs, testMs } from '../support/patience.ts'

/** A server that `npm start` runs. */
interface Running {
  readonly url: string
  /** From the command to its address. */
  readonly startMs: number
  /** Its output so far, on both streams. */
  said(): string
  /** Sends a signal to all its processes, as a terminal does. Gives how it ended. */
  end(signal: NodeJS.Signals): Promise<unknown[]>
}

const test = base
  .extend('dataDir', async ({}, { onCleanup }) => {
    const path = await mkdtemp(join(inject('scratchDir'), 'npm-start-'))
    onCleanup(() => rm(path, { recursive: true, force: true }))
    return path
  })
  .extend('npmStart', async ({ dataDir }, { onCleanup }) => {
    const children: ChildProcess[] = []
    onCleanup(async () => {
      for (const child of children) {
        const ended = isRunning(child) ? once(child, 'close') : null
        signalGroup(child, 'SIGTERM')
        await ended
      }
      // there is one only where something is wrong
      const left = await postmasterOf(dataDir)
      if (left !== null && isAlive(left)) process.kill(left, 'SIGQUIT')
    })
    return async (settings: Record<string, string> = {}): Promise<Running> => {
      const startedAt = performance.now()
      const child = spawnStart({ KABAR_DATA: dataDir, PORT: '0', ...settings })
      children.push(child)
      const ended = once(child, 'close')
      let said = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk
        })
      }
      const address = /GraphQL +(http:\/\/\S+)\/graphql/
      const isSettled = () => address.test(said) || !isRunning(child)
      await expect.poll(isSettled, { timeout: testMs }).toBe(true)
      const url = address.exec(said)?.[1]
      if (url === undefined) throw new Error(`it did not start:\n${said}`)
      return {
        url,
        startMs: performance.now() - startedAt,
        said: () => said,
        async end(signal) {
          signalGroup(child, signal)
          return ended
        },
      }
    }
  })

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

/** Runs the script `start` of package.json with these settings alone, in a process group of its own. */
function spawnStart(settings: Record<string, string>): ChildProcess {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: { start: string } }
  const [program, ...args] = scripts.start.split(' ')
  expect(program).toBe('node')
  return spawn(process.execPath, args, { env: settings, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined && isRunning(child)) process.kill(-child.pid, signal)
}

/** The process id of the PostgreSQL of a folder; null when none has it. */
async function postmasterOf(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => null)
  return text === null ? null : Number.parseInt(text, 10)
}

const statusOf = async (url: string) => (await fetch(url)).status

async function bodiesOf(client: Client, roomId: string): Promise<string[]> {
  const { room } = await client.call<{ room: { messages: { nodes: { body: string }[] } } }>(
    'query ($id: ID!) { room(id: $id) { messages(first: 10) { nodes { body } } } }',
    { id: roomId },
  )
  return room.messages.nodes.map(({ body }) => body)
}

test.skipIf(process.platform === 'win32')(
  'npm start serves from an empty folder, ends with Ctrl-C, and goes on with its data, after kill -9 too',
  async ({ npmStart, dataDir }) => {
    const first = await npmStart({ PASSWORDLESS_SIGN_IN: 'true' })
    expect(await statusOf(`${first.url}/readyz`)).toBe(200)
    expect(first.said()).toContain('PASSWORDLESS_SIGN_IN is on: ANYBODY can sign in')
    const ada = await guest(first, 'Ada')
    const roomId = await makeRoom(ada)
    await send(ada, roomId, 'before Ctrl-C')
    const postmaster = await postmasterOf(dataDir)
    expect(await first.end('SIGINT'), first.said()).toEqual([0, null])
    expect(await postmasterOf(dataDir)).toBeNull()
    expect(() => process.kill(postmaster ?? 0, 0)).toThrow('ESRCH')

    const second = await npmStart()
    expect(await statusOf(`${second.url}/readyz`)).toBe(200)
    expect(second.said()).not.toContain('PASSWORDLESS_SIGN_IN')
    expect(await bodiesOf(ada.at(second), roomId)).toEqual(['before Ctrl-C'])
    await send(ada.at(second), roomId, 'before kill -9')
    expect(await second.end('SIGKILL')).toEqual([null, 'SIGKILL'])
    // nobody was left to end it
    expect(await postmasterOf(dataDir)).not.toBeNull()

    const third = await npmStart()
    expect(await statusOf(`${third.url}/readyz`)).toBe(200)
    expect(await bodiesOf(ada.at(third), roomId)).toEqual(['before Ctrl-C', 'before kill -9'])
    // some seconds, and the patience of a slow machine
    for (const { startMs } of [second, third]) expect(startMs).toBeLessThan(testMs / 3)
  },
)

test.skipIf(process.platform === 'win32')(
  'npm start starts its PostgreSQL again when that is killed: no message is lost, and Ctrl-C ends both meanwhile',
  async ({ npmStart, dataDir }) => {
    const server = await npmStart()
    const ada = await guest(server, 'Ada')
    const roomId = await makeRoom(ada)
    const { room } = await ada.call<{ room: { eventCursor: string } }>(
      'query ($id: ID!) { room(id: $id) { eventCursor } }',
      { id: roomId },
    )
    // from before the first message: the stream may begin later than that is sent
    const stream = ada.follow<{ messageAdded: { number: number; body: string } }>(
      'subscription ($roomId: ID!, $after: EventCursor) { messageAdded(roomId: $roomId, after: $after) { number body } }',
      { roomId, after: room.eventCursor },
    )
    const first = await send(ada, roomId, 'before')
    expect((await stream.nextData()).messageAdded.body).toBe('before')

    process.kill((await postmasterOf(dataDir)) ?? 0, 'SIGKILL')
    const killedAt = performance.now()
    const refusals = new Set<unknown>()
    // in words that fit: a nonce is only for sends
    const { errors } = await ada.attempt('mutation { signInAsGuest(input: { displayName: "Bob" }) { accessToken } }')
    expect(errors?.[0]?.message ?? 'PostgreSQL was back already').not.toContain('nonce')
    const again = async () => {
      const { data, errors } = await ada.attempt<{ sendMessage: { message: { number: number } } | null }>(
        'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { number } } }',
        { input: { roomId, body: 'after', nonce: 'again' } },
      )
      for (const { extensions } of errors ?? []) refusals.add(extensions.code)
      return data?.sendMessage?.message.number
    }
    await expect.poll(again, { timeout: testMs / 3 }).toBe(first.number + 1)
    // on a quiet machine it is less than P10's five seconds
    expect(performance.now() - killedAt).toBeLessThan(patienceMs)
    expect((await stream.nextData()).messageAdded).toEqual({ number: first.number + 1, body: 'after' })
    for (const code of refusals) expect(code).toBe('SERVICE_UNAVAILABLE')
    await expect.poll(() => statusOf(`${server.url}/readyz`)).toBe(200)

    process.kill((await postmasterOf(dataDir)) ?? 0, 'SIGKILL')
    expect(await server.end('SIGINT'), server.said()).toEqual([0, null])
    // the one that was killed has left its file behind
    const left = await postmasterOf(dataDir)
    expect(left !== null && isAlive(left)).toBe(false)
  },
)
