// A PostgreSQL that takes no changes: a standby after a failover, or a guard against a full disk.

import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { judgeStandbys, judgeWrites } from '../../src/cli/replication-checks.ts'
import { doctorLimits } from '../../src/config/doctor.ts'
import { describeFault } from '../../src/database/faults.ts'
import { StartError } from '../../src/database/start-error.ts'
import { explainStart } from '../../src/database/start-faults.ts'
import type { Finding } from '../../src/health/findings.ts'
import { rootFields } from '../oracles/authorization/documents.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { connect } from '../support/database.ts'
import { test } from '../support/server.ts'

const nameOf = (url: string) => new URL(url).pathname.slice(1)

/** Sets something for all connections that come, and ends those that are there. Undone after the test. */
async function setForAll(databaseUrl: string, setting: string, value: string): Promise<pg.Client> {
  const admin = await connect(databaseUrl)
  const reset = () => admin.query(`alter database ${nameOf(databaseUrl)} reset ${setting}`)
  onTestFinished(async () => void (await reset()))
  await admin.query(`alter database ${nameOf(databaseUrl)} set ${setting} = ${value}`)
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  return admin
}

async function ready({ url }: { url: string }) {
  const response = await fetch(`${url}/readyz`)
  const { findings } = (await response.json()) as { findings: Finding[] }
  return { status: response.status, database: findings.find(({ name }) => name === 'database')?.detail }
}

test('what would change a read-only database is SERVICE_UNAVAILABLE, until it takes changes again', async ({
  start,
  databaseUrl,
}) => {
  const server = await start()
  const ada = await guest(server)
  const bob = await guest(server)
  const roomId = await makeRoom(ada)
  const { id: messageId } = await send(ada, roomId, 'before')
  const admin = await setForAll(databaseUrl, 'default_transaction_read_only', 'on')
  await expect.poll(() => ready(server)).toMatchObject({ status: 503, database: 'read-only' })
  const mutations: readonly [field: string, input: object][] = [
    ['sendMessage', { roomId, body: 'hello', nonce: 'n' }],
    ['editMessage', { messageId, body: 'hello' }],
    ['pinMessage', { messageId }],
    ['createRoom', { name: 'Lobby' }],
    ['updateRoom', { roomId, name: 'Lobby' }],
    ['addMembers', { roomId, userIds: [bob.userId] }],
    ['blockUser', { userId: bob.userId }],
    ['updateProfile', { displayName: 'Ada' }],
    ['register', { username: `u${randomUUID().slice(0, 8)}`, displayName: 'U', password: 'long enough' }],
    ['signInAsGuest', { displayName: 'Guest' }],
  ]
  for (const [field, input] of mutations) {
    const query = `mutation ($input: ${String(rootFields('mutation')[field]?.args[0]?.type)}) { ${field}(input: $input) { __typename } }`
    const { errors } = await ada.attempt(query, { input })
    expect(errors, field).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }])
    expect(errors?.[0]?.message, field).toContain(field === 'sendMessage' ? 'nonce' : 'Nothing was')
  }
  // reading goes on
  expect(await ada.call('query ($id: ID!) { room(id: $id) { messageCount } }', { id: roomId })).toMatchObject({
    room: { messageCount: 1 },
  })
  await admin.query(`alter database ${nameOf(databaseUrl)} reset default_transaction_read_only`)
  // connections keep the setting that they began with: those that refused are given up
  await expect
    .poll(
      async () =>
        (
          await ada.attempt(
            `mutation { sendMessage(input: { roomId: "${roomId}", body: "after" }) { message { number } } }`,
          )
        ).data,
    )
    .toMatchObject({ sendMessage: { message: { number: 2 } } })
  await expect.poll(() => ready(server)).toMatchObject({ status: 200, database: 'answers' })
})

test('a connection that leads to a standby is not used, neither to read', async ({ start, databaseUrl }) => {
  const server = await start()
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const before = await connect(databaseUrl)
  // the same answer as a standby gives
  await before.query('create function pg_is_in_recovery() returns boolean language sql as $$ select true $$')
  const admin = await setForAll(databaseUrl, 'search_path', 'public, pg_catalog')
  await expect.poll(() => ready(server)).toMatchObject({ status: 503, database: 'read-only' })
  const read = () => ada.attempt('query ($id: ID!) { room(id: $id) { name } }', { id: roomId })
  expect(await read()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
  await admin.query('drop function public.pg_is_in_recovery()')
  await expect.poll(async () => (await read()).data).toMatchObject({ room: {} })
})

describe('doctor', () => {
  test('finds a database that takes no changes', async ({ databaseUrl }) => {
    await setForAll(databaseUrl, 'default_transaction_read_only', 'on')
    const { out, code } = await kabar(databaseUrl, ['doctor'])
    expect(out).toContain('✗ changes: default_transaction_read_only is on: nothing can be sent')
    expect(code).toBe(1)
  })

  test('says what a standby is', () => {
    expect(judgeWrites({ isStandby: true, isReadOnly: true })).toMatchObject({
      isGood: false,
      advice: expect.stringMatching(/DATABASE_URL/),
    })
    expect(judgeWrites({ isStandby: false, isReadOnly: false }).isGood).toBe(true)
  })

  const lag = doctorLimits.standbyLagBytesMax
  test.for([
    [{ names: '', connected: 0, synchronous: 0, lagBytes: null }, true, /none: .*last backup/],
    [
      { names: '', connected: 1, synchronous: 0, lagBytes: 0 },
      true,
      /synchronous_standby_names is empty: losing the machine may lose/,
    ],
    [{ names: 'one', connected: 1, synchronous: 1, lagBytes: 0 }, true, /survive the loss of a machine/],
    [{ names: 'one', connected: 0, synchronous: 0, lagBytes: null }, false, /every send waits/],
    [{ names: '', connected: 1, synchronous: 0, lagBytes: lag }, true, /64 MB behind/],
    [{ names: '', connected: 1, synchronous: 0, lagBytes: lag + 1 }, false, /65 MB behind/],
  ] as const)('says what standbys such as %o mean', ([standbys, isGood, detail]) => {
    expect(judgeStandbys(standbys)).toMatchObject({ isGood, detail: expect.stringMatching(detail) })
  })
})

describe('a start that fails', () => {
  const fault = (code: string, message = 'refused') => Object.assign(new Error(message), { code })

  test.for([
    ['42P05', true, /PREPARED_STATEMENTS=false/],
    ['26000', true, /PREPARED_STATEMENTS=false/],
    ['25006', false, /DATABASE_URL at the primary/],
  ] as const)('by %s is explained', ([code, preparedStatements, message]) => {
    const explained = explainStart(new Error('outer', { cause: fault(code) }), { preparedStatements })
    expect(explained).toBeInstanceOf(StartError)
    expect(String(explained)).toMatch(message)
  })

  test('by anything else is left as it is', () => {
    for (const error of [fault('42P05'), fault('XX000')]) {
      expect(explainStart(error, { preparedStatements: false })).toBe(error)
    }
  })

  test('a table that is not in the log is no fault of the server while PostgreSQL recovers', () => {
    const error = fault('0A000', 'cannot access temporary or unlogged relations during recovery')
    expect(describeFault(error)).toMatchObject({ readOnly: true, unavailable: true })
    expect(describeFault(fault('0A000'))).toMatchObject({ readOnly: false, unavailable: false })
  })
})
