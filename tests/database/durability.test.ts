import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { splitId } from '../../src/input/ids.ts'
import { type KabarServer, startServer } from '../../src/server.ts'
import { guest, makeRoom } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { test, testConfig } from '../support/server.ts'

const bodiesOf = async (client: pg.Client | pg.Pool, roomId: string): Promise<string[]> => {
  const { rows } = await client.query<{ number: number; body: string }>(
    'select number, body from messages where room_id = $1 order by number',
    [splitId(roomId)?.uuid],
  )
  expect(rows.map((row) => row.number)).toEqual(rows.map((_, index) => index + 1))
  return rows.map((row) => row.body)
}

const sendMutation = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'

test('P1 a message whose COMMIT fails is not answered, and its neighbours are', async ({ one, databaseUrl }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const admin = await connect(databaseUrl)
  await admin.query(`
    create function refuse_commit() returns trigger language plpgsql as $$
    begin raise exception 'refused at the commit'; end $$;
    create constraint trigger refuse_commit after insert on messages deferrable initially deferred
    for each row when (new.body like 'doomed%') execute function refuse_commit()`)
  const bodies = Array.from({ length: 30 }, (_, index) => (index % 10 === 5 ? `doomed ${index}` : `message ${index}`))
  const answers = await Promise.all(
    bodies.map(async (body) => ({ body, ...(await ada.attempt(sendMutation, { input: { roomId, body } })) })),
  )
  await admin.query('drop trigger refuse_commit on messages; drop function refuse_commit')
  await admin.end()
  const answered = answers.filter(({ errors }) => !errors).map(({ body }) => body)
  const stored = await bodiesOf(one.database.pool, roomId)
  expect(answered).toHaveLength(27)
  expect(new Set(stored)).toEqual(new Set(answered))
})

test('P1 a message that was answered survives connections that are killed', async ({ one, databaseUrl }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const answered: string[] = []
  const failures: unknown[] = []
  const admin = await connect(databaseUrl)
  const writer = async (name: string) => {
    for (let index = 0; index < 30; index++) {
      const body = `${name} ${index}`
      const { data, errors } = await ada.attempt<{ sendMessage: object | null }>(sendMutation, {
        input: { roomId, body },
      })
      if (data?.sendMessage) answered.push(body)
      else failures.push(errors?.[0]?.extensions.code)
    }
  }
  const killer = async () => {
    for (let index = 0; index < 10; index++) {
      await admin.query(
        `select pg_terminate_backend(pid), pg_sleep(0.02) from pg_stat_activity
         where application_name = 'kabar' and datname = current_database() and state <> 'idle'`,
      )
    }
  }
  await Promise.all([writer('a'), writer('b'), writer('c'), killer()])
  const bodies = new Set(await bodiesOf(admin, roomId))
  expect(answered.filter((body) => !bodies.has(body))).toEqual([])
  expect(failures.filter((code) => code !== 'SERVICE_UNAVAILABLE')).toEqual([])
})

test('P1 a server says loudly when its PostgreSQL may lose what it has confirmed', async ({ start, databaseUrl }) => {
  const admin = await connect(databaseUrl)
  const name = new URL(databaseUrl).pathname.slice(1)
  const unsafe = async (setting: string) => {
    await admin.query(`alter database ${name} set synchronous_commit = ${setting}`)
    const said: string[] = []
    await start({}, { log: pino({ level: 'warn' }, { write: (line) => void said.push(line) }) })
    return said.some((line) => line.includes('MAY LOSE MESSAGES') && line.includes(`synchronous_commit=${setting}`))
  }
  try {
    expect(await unsafe('off')).toBe(true)
    expect(await unsafe('on')).toBe(false)
  } finally {
    await admin.query(`alter database ${name} reset synchronous_commit`)
    await admin.end()
  }
})

test('a send that the database does not take in time may be tried again, and is stored once', async ({
  start,
  databaseUrl,
}) => {
  const server = await start({ feed: { batchTimeoutMs: 300 } })
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const input = { roomId, body: 'patience', nonce: 'patience' }
  const blocker = await connect(databaseUrl)
  await blocker.query('begin')
  await blocker.query('select from topics where id = $1 for update', [splitId(roomId)?.uuid])
  const { errors } = await ada.attempt(sendMutation, { input })
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterMs: expect.any(Number) })
  await blocker.query('rollback')
  await blocker.end()
  await expect.poll(async () => (await ada.attempt(sendMutation, { input })).errors).toBeUndefined()
  expect(await bodiesOf(server.database.pool, roomId)).toEqual(['patience'])
})

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
        .attempt<{ sendMessage: object }>(
          'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
          {
            input: { roomId, body },
          },
        )
        .catch(() => ({ data: null }))
      if (data?.sendMessage) answered.push(body)
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
})

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
