import { describe, expect } from 'vitest'
import { makeExports } from '../../src/account/export/service.ts'
import { prune } from '../../src/account/retention/service.ts'
import { insertEntries } from '../../src/audit/entries.ts'
import { auditLimits } from '../../src/config/audit.ts'
import { type AuditEvent, AuditKind } from '../../src/generated/prisma/client.ts'
import { formatId } from '../../src/input/ids.ts'
import { openMediaFiles } from '../../src/media/files.ts'
import type { KabarServer } from '../../src/server.ts'
import { enter, password } from '../support/accounts.ts'
import { type Client, makeRoom, post, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test as base, uuidOf } from '../support/members.ts'
import { newOperator, registered } from '../support/operators.ts'

interface World {
  server: KabarServer
  databaseUrl: string
  owner: Client
  member: Client
  operator: Client
  roomId: string
}

const test = base.extend('world', { scope: 'file' }, async ({ one, databaseUrl }): Promise<World> => {
  const [owner, member] = [await registered(one), await registered(one)]
  const roomId = await makeRoom(owner, [member])
  return { server: one, databaseUrl, owner, member, operator: await newOperator(one), roomId }
})

/** The expected row. Users and rooms by their public ids. */
interface Expected {
  actor?: string | null
  user?: string | null
  room?: string | null
  detail?: unknown
  hasAddress?: boolean
}

const mutate = (client: Client, name: string, input: object) =>
  client.attempt(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { __typename } }`,
    { input },
  )

const inRoom = ({ roomId, owner, member }: World, detail: unknown = null): Expected => ({
  ...{ actor: owner.userId, user: member.userId, room: roomId, hasAddress: true, detail },
})

const about = (client: Client, by: Client | null = client): Expected => ({
  ...{ actor: by?.userId ?? null, user: client.userId, hasAddress: by !== null },
})

const makeAllExports = async ({ server }: World) => {
  const files = await openMediaFiles(server.parts.config, server.parts.db, server.parts.clock.now)
  await makeExports({ ...server.parts, files, formatId }, new AbortController().signal)
  files.close()
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

/** Does what each kind tells of, and says what its row must hold. */
const kinds: Record<AuditKind, (world: World) => Promise<Expected>> = {
  async SIGNED_IN({ server, member }) {
    await enter(server, 'signIn', { username: member.name, password })
    return { ...about(member), detail: 'password' }
  },
  async SIGN_IN_REFUSED({ server, member }) {
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }'
    await post(server, { query, variables: { input: { username: member.name, password: 'a wrong secret' } } })
    return { ...about(member, null), hasAddress: true, detail: 'signIn' }
  },
  async REFRESH_TOKEN_REUSED({ server }) {
    const user = await registered(server)
    const second = await enter(server, 'refreshSession', { refreshToken: user.refreshToken })
    await enter(server, 'refreshSession', { refreshToken: second.refreshToken })
    await mutate(user, 'refreshSession', { refreshToken: user.refreshToken })
    return { ...about(user, null), hasAddress: true }
  },
  async SESSION_ENDED({ server }) {
    const user = await registered(server)
    await user.call('mutation { signOut { session { id } } }')
    return about(user)
  },
  async RATE_LIMITED({ server }) {
    const user = await registered(server)
    const note = { kind: 'RATE_LIMITED', actorId: uuidOf(user.userId), userId: uuidOf(user.userId) } as const
    server.parts.refusals.note({ ...note, address: '192.0.2.1', detail: 'sendMessage' })
    return { ...about(user), detail: 'sendMessage' }
  },
  async PASSWORD_CHANGED({ server }) {
    const user = await registered(server)
    await mutate(user, 'changePassword', { currentPassword: password, newPassword: `${password} 2` })
    return about(user)
  },
  async CONTACT_VERIFIED({ server, databaseUrl }) {
    const user = await registered(server, { email: 'audited@example.org' })
    await kabar(databaseUrl, ['users', 'verify', user.name, '--email'])
    return { ...about(user, null), detail: 'email' }
  },
  async ROLE_CHANGED(world) {
    await mutate(world.owner, 'setMemberRole', { roomId: world.roomId, userId: world.member.userId, role: 'ADMIN' })
    return inRoom(world, 'ADMIN')
  },
  async MEMBER_MUTED(world) {
    const until = inAnHour()
    await mutate(world.owner, 'muteMember', { roomId: world.roomId, userId: world.member.userId, until })
    return inRoom(world, until)
  },
  async MEMBER_UNMUTED(world) {
    await mutate(world.owner, 'muteMember', { roomId: world.roomId, userId: world.member.userId, until: null })
    return inRoom(world)
  },
  async MEMBER_BANNED(world) {
    const input = { roomId: world.roomId, userId: world.member.userId, reason: 'a private word' }
    await mutate(world.owner, 'banMember', input)
    return inRoom(world)
  },
  async MEMBER_UNBANNED(world) {
    await mutate(world.owner, 'unbanMember', { roomId: world.roomId, userId: world.member.userId })
    return inRoom(world)
  },
  async ROOM_DELETED({ owner }) {
    const roomId = await makeRoom(owner)
    await mutate(owner, 'deleteRoom', { roomId })
    return { ...about(owner), room: roomId }
  },
  async ACCOUNT_DELETED({ server }) {
    const user = await registered(server)
    await mutate(user, 'deleteAccount', { password })
    return about(user)
  },
  async EXPORT_REQUESTED({ owner }) {
    await mutate(owner, 'requestDataExport', { includeMedia: false })
    return about(owner)
  },
  async EXPORT_ENDED(world) {
    await makeAllExports(world)
    return { ...about(world.owner, null), detail: 'READY' }
  },
  async MESSAGE_REPORTED({ owner, roomId, server }) {
    const reporter = await registered(server)
    await mutate(reporter, 'joinRoom', { roomId })
    const { id: messageId } = await send(owner, roomId, 'a secret of the room')
    await mutate(reporter, 'reportMessage', { messageId, reason: 'a private word' })
    return { ...about(reporter), room: roomId }
  },
  async REPORT_RESOLVED({ operator, roomId, server }) {
    const report = await server.parts.db.report.findFirstOrThrow({ where: { resolvedAt: null } })
    await mutate(operator, 'resolveAnyReport', { reportId: formatId('Report', report.id) })
    return { ...about(operator), user: formatId('User', report.reporterId), room: roomId }
  },
  async USER_SUSPENDED({ operator, member }) {
    await mutate(operator, 'suspendUser', { userId: member.userId })
    return about(member, operator)
  },
  async USER_RESTORED({ operator, member }) {
    await mutate(operator, 'restoreUser', { userId: member.userId })
    return about(member, operator)
  },
  async OPERATOR_ADDED({ databaseUrl, owner }) {
    await kabar(databaseUrl, ['operators', 'add', owner.name])
    return about(owner, null)
  },
  async OPERATOR_REMOVED({ databaseUrl, owner }) {
    await kabar(databaseUrl, ['operators', 'remove', owner.name])
    return about(owner, null)
  },
  async KEYS_ROTATED({ server, operator }) {
    await server.parts.db.signingKey.updateMany({ data: { createdAt: new Date(0), activeAt: new Date(0) } })
    await operator.call('mutation { rotateSigningKeys { keys { id } } }')
    return { actor: operator.userId, user: null, hasAddress: true }
  },
  async COMMAND_RUN({ databaseUrl, owner }) {
    await kabar(databaseUrl, ['users', 'show', owner.name])
    return { ...about(owner, null), detail: 'users show' }
  },
}

const publicId = (type: 'User' | 'Room', id: string | null) => id && formatId(type, id)

/** The newest row of a kind, once there is one that was not there before. */
async function newest({ parts }: KabarServer, kind: AuditKind, known: number): Promise<AuditEvent | null> {
  await expect.poll(() => parts.db.auditEvent.count({ where: { kind } })).toBeGreaterThan(known)
  return parts.db.auditEvent.findFirst({ where: { kind }, orderBy: { id: 'desc' } })
}

describe('a row tells of', () => {
  test.for(Object.values(AuditKind).toSorted(byOrder))('%s', async (kind, { world }) => {
    const known = await world.server.parts.db.auditEvent.count({ where: { kind } })
    const expected = await kinds[kind](world)
    const row = await newest(world.server, kind, known)
    expect({
      actor: publicId('User', row?.actorId ?? null),
      user: publicId('User', row?.userId ?? null),
      room: publicId('Room', row?.roomId ?? null),
      hasAddress: row?.address != null,
      detail: row?.detail,
    }).toMatchObject(expected)
  })
})

/** In the order of the table: some kinds follow others. */
function byOrder(one: AuditKind, other: AuditKind): number {
  const order = Object.keys(kinds)
  return order.indexOf(one) - order.indexOf(other)
}

test('no row holds a secret or a word of a user', async ({ world }) => {
  const rows = await world.server.parts.db.auditEvent.findMany()
  const text = JSON.stringify(rows)
  const { token, refreshToken } = world.owner
  const secrets = [password, 'a wrong secret', 'a private word', 'a secret of the room', token, refreshToken]
  expect(rows.length).toBeGreaterThan(30)
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  expect(text).not.toMatch(/eyJ|argon2/)
})

test('rows are in the export of the user whom they are about, without those who acted', async ({ world }) => {
  const { server, member, owner } = world
  const { archiveParts } = await import('../../src/account/export/archive-parts.ts')
  const statement = archiveParts.securityEvents?.({ userId: uuidOf(member.userId), after: null, take: 500 })
  if (!statement) throw new Error('there is no such part')
  const rows = await server.parts.sql<{ kind: AuditKind; address: string | null }>(statement)
  const found = new Set(rows.map(({ kind }) => kind))
  expect([...found].toSorted()).toEqual(
    [
      ...['MEMBER_BANNED', 'MEMBER_MUTED', 'MEMBER_UNBANNED', 'MEMBER_UNMUTED', 'ROLE_CHANGED', 'SESSION_ENDED'],
      ...['SIGNED_IN', 'SIGN_IN_REFUSED', 'USER_RESTORED', 'USER_SUSPENDED'],
    ].toSorted(),
  )
  expect(JSON.stringify(rows)).not.toContain(uuidOf(owner.userId))
  expect(rows.filter(({ kind, address }) => address !== null && kind.startsWith('MEMBER_'))).toEqual([])
})

test('the deletion of an account removes addresses from its rows, and the rows stay', async ({ world }) => {
  const { db } = world.server.parts
  const user = await registered(world.server)
  const userId = uuidOf(user.userId)
  const { erasures } = await import('../../src/account/deletion/queries.ts')
  expect(await db.auditEvent.count({ where: { userId, address: { not: null } } })).toBeGreaterThan(0)
  for (const erase of erasures) await erase(db, userId, 100)
  expect(await db.auditEvent.count({ where: { userId, address: { not: null } } })).toBe(0)
  expect(await db.auditEvent.count({ where: { userId } })).toBeGreaterThan(0)
})

test('rows are kept AUDIT_DAYS', async ({ world }) => {
  const { parts } = world.server
  const { days } = parts.config.audit
  const user = uuidOf((await registered(world.server)).userId)
  const ages = [days - 1, days + 1]
  for (const age of ages) {
    const [row] = await insertEntries(parts.sql, [{ kind: 'COMMAND_RUN', userId: user, detail: `${age} days` }])
    await parts.db.auditEvent.update({
      where: { id: row?.id ?? '' },
      data: { at: new Date(Date.now() - age * 86_400_000) },
    })
  }
  expect((await prune(parts)).auditEvents).toBe(1)
  const left = await parts.db.auditEvent.findMany({ where: { userId: user, kind: 'COMMAND_RUN' } })
  expect(left.map(({ detail }) => detail)).toEqual([`${days - 1} days`])
})

test('what is rolled back leaves no row', async ({ world }) => {
  const { feed, db } = world.server.parts
  const before = await db.auditEvent.count()
  const failing = feed.write([], async ({ audit }) => {
    audit({ kind: 'KEYS_ROTATED' })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await db.auditEvent.count()).toBe(before)
})

test('kabar audit lists them, newest first', async ({ world }) => {
  const { databaseUrl, member } = world
  const { out } = await kabar(databaseUrl, ['audit', '--user', member.name, '--kind', 'member_muted'])
  expect(out).toMatch(/^\S+Z {2}MEMBER_MUTED +of user_\w+ {2}by user_\w+ {2}in room_\w+ {2}from \S+ {2}\S+Z$/)
  const lines = (await kabar(databaseUrl, ['audit', '--first', '2', '--json'])).out.split('\n')
  // the command itself is the newest
  expect(lines.map((line) => JSON.parse(line).detail)).toEqual(['audit --first --json', 'audit --user --kind'])
  const wrong = await kabar(databaseUrl, ['audit', '--first', String(auditLimits.rowsShownMax + 1)])
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('first') })
})
