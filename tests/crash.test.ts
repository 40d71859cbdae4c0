import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbeddedPostgres } from '../src/database/embedded.ts'
import { type KabarServer, startServer } from '../src/server.ts'
import { guest, makeRoom } from './setup/client.ts'
import { testConfig } from './setup/server.ts'

test('P1 a message that was answered survives kill -9 of PostgreSQL', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kabar-crash-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const serve = async () => {
    const postgres = await startEmbeddedPostgres({ dataDir })
    const server = await startServer(testConfig(postgres.url), { log: pino({ level: 'silent' }) })
    return { postgres, server }
  }
  const first = await serve()
  const ada = await guest(first.server, 'Ada')
  const roomId = await makeRoom(ada)
  const answered: string[] = []
  let killed = false
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = 0; !killed; index++) {
      const body = `${writer} ${index}`
      const { data } = await ada
        .attempt('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
          input: { roomId, body },
        })
        .catch(() => ({ data: null }))
      if (data) answered.push(body)
      if (answered.length > 200 && !killed) {
        killed = true
        killPostgres(dataDir)
      }
    }
  })
  await Promise.all(writers)
  await first.server.close()
  await first.postgres.close()

  const second = await serve()
  onTestFinished(async () => {
    await second.server.close()
    await second.postgres.close()
  })
  const lost = await missing(second.server, answered)
  expect(answered.length).toBeGreaterThan(200)
  expect(lost).toEqual([])
}, 30_000)

/** Kills the postmaster and all its processes at once, as a crash would. */
function killPostgres(dataDir: string): void {
  const [pid = ''] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
  const group = Number(pid)
  // it runs in a session and process group of its own
  process.kill(-group, 'SIGKILL')
}

async function missing(server: KabarServer, bodies: readonly string[]): Promise<string[]> {
  const { rows } = await server.database.pool.query<{ body: string }>('select body from messages')
  const stored = new Set(rows.map((row) => row.body))
  return bodies.filter((body) => !stored.has(body))
}
