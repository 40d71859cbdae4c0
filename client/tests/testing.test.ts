import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createKabar } from '../src/kabar.ts'
import { memorySession } from '../src/session/storage.ts'
import { expectConverged, startKabar } from '../src/testing/index.ts'
import { bodies, follow, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

const cwd = fileURLToPath(new URL('../..', import.meta.url))

/** A folder for what servers keep. All that lies there is theirs. */
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-scratch-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** How many processes have a folder in their command, as servers of PostgreSQL have that of their data. */
async function processesOf(folder: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'stat=,args='])
  return stdout.split('\n').filter((line) => !line.startsWith('Z') && line.includes(folder)).length
}

test('a server of a test is cut, paused, killed and put back, and a client comes to show what it has', async () => {
  const folder = await scratch()
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const server = await startKabar({ command: [process.execPath, 'src/main.ts'], cwd })
  onTestFinished(async () => {
    await server.close()
    expect(await processesOf(folder)).toBe(0)
    expect(await readdir(folder)).toEqual([])
  })
  const sockets = createSockets()
  const kabar = createKabar({ url: server.url, sessionStorage: memorySession(), WebSocket: sockets.WebSocket })
  onTestFinished(() => kabar.close())
  await kabar.session.signInAsGuest({ displayName: 'Ada' })
  const room = follow(kabar, await makeRoom(kabar))
  await room.send({ body: 'kept' })
  await server.mark()
  await room.send({ body: 'lost' })
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'lost'])

  server.cut()
  server.pause()
  const waiting = room.send({ body: 'while it stands still' })
  expect(room.getSnapshot().pending).toHaveLength(0)
  server.resume()
  await waiting
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'lost', 'while it stands still'])

  // killed, and put back
  await server.rollBack()
  await room.send({ body: 'anew' })
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'anew'])
  // the database, and what ends it with this process
  expect(await processesOf(folder)).toBe(2)

  // answered, and taken back before its event has come: the client resumes where it was, and nothing tells it of the loss
  await server.mark()
  sockets.hold()
  const answered = room.send({ body: 'answered' })
  await expect.poll(() => room.getSnapshot().messages.at(-1)).toMatchObject({ body: 'answered', state: 'stored' })
  sockets.cut()
  await server.rollBack()
  await answered
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'anew', 'answered'])

  server.refuse()
  void room.send({ body: 'unsent' }).catch(() => {})
  await expect(expectConverged(room, { withinMs: 200 })).rejects.toThrow(/not up to date|on their way/)
  server.allow()
  await expectConverged(room)
})

const killed = `
import { startKabar } from 'kabar-client/testing'
await startKabar({ command: [process.execPath, 'src/main.ts'], cwd: process.argv[2] })
console.log('runs')
`

test('a server of a test ends with it, also when the test is killed', async () => {
  const folder = await scratch()
  const program = join(folder, 'killed.mjs')
  await writeFile(program, killed)
  await symlink(join(cwd, 'node_modules'), join(folder, 'node_modules'))
  const data = join(folder, 'data')
  await mkdir(data)
  const child = spawn(process.execPath, ['--conditions=kabar-source', program, cwd], {
    env: { ...process.env, TMPDIR: data, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  expect(await processesOf(data)).toBe(2)
  child.kill('SIGKILL')
  await expect.poll(() => processesOf(data), { interval: 100 }).toBe(0)
  await expect.poll(() => readdir(data)).toEqual([])
})
