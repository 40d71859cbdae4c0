import { getNamedType, isObjectType } from 'graphql'
import { describe, expect } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { auditLimits } from '../../src/config/audit.ts'
import type { Finding } from '../../src/health/findings.ts'
import { documentOf, rootFields, select } from '../oracles/authorization/documents.ts'
import { attempt, enter, password, refusal } from '../support/accounts.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { countWaiting } from '../support/database.ts'
import { test as base, leaveRoom, openDirect, uuidOf } from '../support/members.ts'
import { newOperator, registered } from '../support/operators.ts'

const test = base.extend('operator', { scope: 'file' }, async ({ one }) => newOperator(one))

const change = (by: Client, name: string, { userId }: { userId: string }) =>
  by.attempt<Record<string, { user: Record<string, unknown> }>>(documentOf('mutation', name), { input: { userId } })

const codeOf = async (answer: ReturnType<typeof change>) => (await answer).errors?.[0]?.extensions.code ?? 'OK'

test('the command line makes operators, and nothing else does', async ({ one, databaseUrl }) => {
  const ada = await registered(one)
  const query = '{ operator { figures { servers } } viewer { isOperator } }'
  const asked = () => ada.call<{ operator: object | null; viewer: { isOperator: boolean } }>(query)
  expect(await asked()).toEqual({ operator: null, viewer: { isOperator: false } })
  expect((await kabar(databaseUrl, ['operators', 'add', ada.name])).out).toBe(`${ada.name} is an operator now.`)
  expect(await asked()).toEqual({ operator: { figures: { servers: 1 } }, viewer: { isOperator: true } })
  expect((await kabar(databaseUrl, ['operators', 'list'])).out).toContain(ada.name)
  expect((await kabar(databaseUrl, ['operators', 'remove', ada.name])).code).toBe(0)
  expect(await asked()).toEqual({ operator: null, viewer: { isOperator: false } })
  expect((await kabar(databaseUrl, ['operators', 'remove', ada.name])).code).toBe(1)
})

test('an account without a password cannot be an operator, and a session by its name is none', async ({
  one,
  start,
  databaseUrl,
}) => {
  const lax = await start({ passwordlessSignIn: true })
  const open = await enter(lax, 'register', { username: 'openhouse' })
  expect((await kabar(databaseUrl, ['operators', 'add', 'openhouse'])).err).toContain('has no password')
  const operator = await newOperator(one)
  const { db } = one.parts
  await db.session.updateMany({ where: { userId: uuidOf(operator.userId) }, data: { byName: true } })
  expect((await operator.call<{ operator: null }>('{ operator { figures { servers } } }')).operator).toBeNull()
  expect(await codeOf(change(operator, 'suspendUser', { userId: open.viewer.user.id }))).toBe('FORBIDDEN')
})

test('every type of operators is reached through them alone', () => {
  const isTheirs = (name: string) => /^(Operator|AuditEvent|SigningKey)/.test(name)
  const doors = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__') && !isTheirs(name))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => isTheirs(getNamedType(field.type).name))
        .map((field) => `${type.name}.${field.name}`),
    )
  expect(doors.toSorted()).toEqual([
    'DeleteUserAccountPayload.user',
    'EndUserSessionsPayload.user',
    'HandOverRoomPayload.room',
    'Query.operator',
    'ResetUserPasswordPayload.user',
    'RestoreUserPayload.user',
    'RotateSigningKeysPayload.keys',
    'SuspendUserPayload.user',
  ])
})

test('node(id:) finds nothing of theirs', async ({ one, operator }) => {
  type Found = { operator: { auditEvents: { nodes: { id: string }[] } } }
  const found = await operator.call<Found>('{ operator { auditEvents(first: 1) { nodes { id } } } }')
  const id = found.operator.auditEvents.nodes[0]?.id
  for (const asking of [await guest(one), operator]) {
    expect(await asking.call('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: null })
  }
})

test('an operator reads every field', async ({ one, operator }) => {
  const [ada, bob] = [await registered(one, { email: 'seen@example.org' }), await guest(one)]
  const roomId = await openDirect(ada, bob)
  const { id: messageId } = await send(bob, roomId, 'rude words')
  await ada.call('mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "rude" }) { report { id } } }', {
    id: messageId,
  })
  const leaf = (type: string) => {
    const found = schema.getType(type)
    return isObjectType(found) ? Object.values(found.getFields()).map(select).join(' ') : ''
  }
  const query = `query ($name: String!) { operator {
    users(search: $name) { nodes { ${leaf('OperatorUser')} } }
    reports { nodes { ${leaf('OperatorReport')} reporter { id } author { id } room { kind } } }
    abandonedRooms { nodes { ${leaf('OperatorRoom')} } }
    auditEvents(first: 5) { nodes { ${leaf('AuditEvent')} } }
    signingKeys { ${leaf('SigningKey')} }
    figures { ${leaf('OperatorFigures')} }
  } }`
  // biome-ignore lint/suspicious/noExplicitAny: any shape
  const { operator: seen } = await operator.call<any>(query, { name: ada.name })
  expect(seen.users.nodes).toMatchObject([
    {
      id: ada.userId,
      username: ada.name,
      email: 'seen@example.org',
      hasPassword: true,
      roomCount: 1,
      suspendedAt: null,
    },
  ])
  expect(seen.reports.nodes).toMatchObject([
    {
      reason: 'rude',
      body: 'rude words',
      reporter: { id: ada.userId },
      author: { id: bob.userId },
      room: { kind: 'DIRECT' },
    },
  ])
  expect(seen.auditEvents.nodes).toHaveLength(5)
  expect(seen.signingKeys).toMatchObject([{ state: 'SIGNING' }])
  expect(seen.figures).toMatchObject({ openReports: 1, servers: expect.any(Number) })
})

test('a suspended user is out within 5 seconds on all servers, and comes back when restored', async ({
  one,
  two,
  operator,
}) => {
  const ada = await registered(one)
  const roomId = await makeRoom(ada)
  const events = 'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }'
  const streams = [one, two].map((server) => ada.at(server).follow(events, { roomId }))
  for (const stream of streams) await stream.next()
  const suspendedAt = performance.now()
  const { data } = await change(operator, 'suspendUser', ada)
  expect(data?.suspendUser?.user).toMatchObject({ __typename: 'OperatorUser' })
  for (const stream of streams) expect(await stream.closed()).toBe(4403)
  expect(performance.now() - suspendedAt).toBeLessThan(5_000)
  for (const server of [one, two]) {
    expect(await ada.at(server).fail('{ viewer { user { id } } }')).toBe('SESSION_EXPIRED')
    expect(await refusal(server, 'signIn', { username: ada.name, password })).toBe('ACCOUNT_SUSPENDED')
    expect(await refusal(server, 'refreshSession', { refreshToken: ada.refreshToken })).toBe('SESSION_EXPIRED')
    // who does not know the password is not told
    expect(await refusal(server, 'signIn', { username: ada.name, password: 'a wrong one' })).toBe('BAD_CREDENTIALS')
  }
  await change(operator, 'restoreUser', ada)
  expect((await attempt(two, 'signIn', { username: ada.name, password })).errors).toBeUndefined()
})

test('the reason of a suspension is in its security event, and has a bound', async ({ one, operator }) => {
  const { userId } = await registered(one)
  const suspend = 'mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { user { suspendedAt } } }'
  const reason = '🦊'.repeat(auditLimits.detailLengthMax)
  expect(await operator.fail(suspend, { input: { userId, reason: `${reason}x` } })).toBe('BAD_USER_INPUT')
  await operator.call(suspend, { input: { userId, reason } })
  const query = `query ($id: ID!) { operator { auditEvents(first: 1, filter: { userId: $id, kind: USER_SUSPENDED }) {
    nodes { detail user { id } }
  } } }`
  const nodes = [{ detail: reason, user: { id: userId } }]
  expect(await operator.call(query, { id: userId })).toEqual({ operator: { auditEvents: { nodes } } })
})

describe('an operator', () => {
  test('deletes a reported message, which the room learns, and what was kept of it', async ({ one, operator }) => {
    const [ada, bob] = [await registered(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    const { id: messageId } = await send(bob, roomId, 'worse words')
    const report = 'mutation ($input: ReportMessageInput!) { reportMessage(input: $input) { report { id } } }'
    type Made = { reportMessage: { report: { id: string } } }
    const { reportMessage } = await ada.call<Made>(report, { input: { messageId, reason: 'worse' } })
    const reportId = reportMessage.report.id
    const events = `subscription ($roomId: ID!) { roomEvents(roomId: $roomId) {
      __typename ... on MessageDeleted { message { body deletedBy } }
    } }`
    const stream = bob.follow(events, { roomId })
    await stream.next()
    const remove = 'mutation ($id: ID!) { deleteReportedMessage(input: { reportId: $id }) { reportId } }'
    expect(await ada.fail(remove, { id: reportId })).toBe('FORBIDDEN')
    // again changes nothing
    for (const _ of [1, 2]) {
      expect(await operator.call(remove, { id: reportId })).toEqual({ deleteReportedMessage: { reportId } })
    }
    await send(ada, roomId, 'after it')
    const message = { body: '', deletedBy: 'OPERATOR' }
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessageDeleted', message } })
    expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'MessageSent' } })
    const row = await one.parts.db.report.findUniqueOrThrow({ where: { id: uuidOf(reportId) } })
    expect(row).toMatchObject({ body: null, resolvedAt: expect.any(Date) })
    const audited = await one.parts.db.auditEvent.findMany({ where: { subjectId: uuidOf(reportId) } })
    expect(audited.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['MESSAGE_REPORTED', null],
      ['REPORT_RESOLVED', 'message deleted'],
    ])
    expect(await operator.fail(remove, { id: 'report_01h455vb4pex5vsknk084sn02q' })).toBe('NOT_FOUND')
  })

  test('ends sessions and resets passwords', async ({ one, operator }) => {
    const ada = await registered(one)
    expect(await codeOf(change(operator, 'endUserSessions', ada))).toBe('OK')
    expect(await ada.fail('{ viewer { user { id } } }')).toBe('SESSION_EXPIRED')
    const query = 'mutation ($id: ID!) { resetUserPassword(input: { userId: $id }) { password } }'
    const reset = await operator.call<{ resetUserPassword: { password: string } }>(query, { id: ada.userId })
    expect(await refusal(one, 'signIn', { username: ada.name, password })).toBe('BAD_CREDENTIALS')
    await enter(one, 'signIn', { username: ada.name, password: reset.resetUserPassword.password })
    expect(await codeOf(change(operator, 'resetUserPassword', await guest(one)))).toBe('BAD_USER_INPUT')
  })

  test('deletes accounts', async ({ one, operator }) => {
    const ada = await registered(one)
    expect(await codeOf(change(operator, 'deleteUserAccount', ada))).toBe('OK')
    expect(await refusal(one, 'signIn', { username: ada.name, password })).toBe('BAD_CREDENTIALS')
    expect(await codeOf(change(operator, 'deleteUserAccount', ada))).toBe('NOT_FOUND')
  })

  test('finds abandoned rooms and hands them over', async ({ one, operator }) => {
    const [ada, bob] = [await registered(one), await registered(one)]
    const roomId = await makeRoom(ada, [], 'Left behind')
    await ada.call(leaveRoom, { roomId })
    const query = '{ operator { abandonedRooms { nodes { id name memberCount } } } }'
    type Found = { operator: { abandonedRooms: { nodes: object[] } } }
    const left = { id: roomId, name: 'Left behind', memberCount: 0 }
    const abandoned = async () => (await operator.call<Found>(query)).operator.abandonedRooms.nodes
    expect(await abandoned()).toContainEqual(left)
    const handOver = 'mutation ($input: HandOverRoomInput!) { handOverRoom(input: $input) { room { memberCount } } }'
    await operator.call(handOver, { input: { roomId, userId: bob.userId } })
    expect(await abandoned()).not.toContainEqual(left)
    const room = await bob.call('query ($id: ID!) { room(id: $id) { viewerMembership { role } } }', { id: roomId })
    expect(room).toEqual({ room: { viewerMembership: { role: 'OWNER' } } })
    const direct = await openDirect(ada, bob)
    expect(await operator.fail(handOver, { input: { roomId: direct, userId: bob.userId } })).toBe('BAD_USER_INPUT')
  })

  const changes = ['suspendUser', 'endUserSessions', 'resetUserPassword', 'deleteUserAccount']
  test.for(changes)('may not %s of an operator, nor of themselves', async (name, { one, operator }) => {
    const other = await newOperator(one)
    expect(await codeOf(change(operator, name, other))).toBe('FORBIDDEN')
    expect(await codeOf(change(operator, name, operator))).toBe('FORBIDDEN')
  })

  test('who was removed while a change waits changes nothing', async ({ one }) => {
    const [former, ada] = [await newOperator(one), await registered(one)]
    const { db } = one.parts
    const client = await one.database.pool.connect()
    try {
      await client.query('begin')
      await client.query('select from topics where id = $1 for update', [uuidOf(ada.userId)])
      const suspending = change(former, 'suspendUser', ada)
      await expect.poll(() => countWaiting(one.database.own)).toBe(1)
      await db.operator.deleteMany({ where: { userId: uuidOf(former.userId) } })
      await client.query('commit')
      expect(await codeOf(suspending)).toBe('FORBIDDEN')
    } finally {
      client.release()
    }
    const user = await db.user.findUniqueOrThrow({ where: { id: uuidOf(ada.userId) } })
    expect(user.suspendedAt).toBeNull()
  })

  test('sees the findings of /readyz through a proxy', async ({ one, operator }) => {
    const ready = async (client: Client) => {
      const headers = { authorization: `Bearer ${client.token}`, 'x-forwarded-for': '203.0.113.7' }
      return (await (await fetch(`${one.url}/readyz`, { headers })).json()) as { findings?: Finding[] }
    }
    expect((await ready(operator)).findings?.length).toBeGreaterThan(5)
    expect((await ready(await guest(one))).findings).toBeUndefined()
  })
})

test('accounts are paged, and found by parts of their names and by what is suspended', async ({ one, operator }) => {
  const made = await Promise.all(
    ['paged.one', 'paged.two', 'paged.three'].map((username) => registered(one, { username })),
  )
  const query = `query ($search: String, $isSuspended: Boolean, $first: Int, $after: String) {
    operator { users(search: $search, isSuspended: $isSuspended, first: $first, after: $after) {
      nodes { username } pageInfo { hasNextPage endCursor }
    } }
  }`
  type Page = { nodes: { username: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  const list = async (variables: object) =>
    (await operator.call<{ operator: { users: Page } }>(query, { search: 'paged.', ...variables })).operator.users
  const first = await list({ first: 2 })
  const second = await list({ first: 2, after: first.pageInfo.endCursor })
  expect([...first.nodes, ...second.nodes].map(({ username }) => username).toSorted()).toEqual([
    'paged.one',
    'paged.three',
    'paged.two',
  ])
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false])
  await change(operator, 'suspendUser', made[0] ?? operator)
  expect((await list({ isSuspended: true })).nodes).toEqual([{ username: 'paged.one' }])
  expect((await list({ search: '%' })).nodes).toEqual([])
  expect(rootFields('query').operator?.args).toEqual([])
})
