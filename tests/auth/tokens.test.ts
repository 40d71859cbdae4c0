import { createHmac } from 'node:crypto'
import { createLocalJWKSet, generateKeyPair, importJWK, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { TypeID } from 'typeid-js'
import { afterEach, expect, vi } from 'vitest'
import { createKeyring, rotateKeys } from '../../src/auth/keyring.ts'
import { createSessionCache } from '../../src/auth/session-cache.ts'
import { createSessionWatch } from '../../src/auth/session-watch.ts'
import { signInLimits } from '../../src/config/auth.ts'
import type { AppError } from '../../src/errors.ts'
import type { KabarServer } from '../../src/server.ts'
import { newUser, whose } from '../support/accounts.ts'
import { test } from '../support/server.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Lets time pass without waiting for it: only what asks for the date notices. */
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

const jwks = async ({ url }: { url: string }) =>
  (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet

async function newestKey({ parts }: KabarServer) {
  const key = await parts.db.signingKey.findFirstOrThrow({ orderBy: { activeAt: 'desc' } })
  return { kid: key.id, privateKey: await importJWK(key.privateJwk as object, 'EdDSA'), publicJwk: key.publicJwk }
}

test('a token of one server is good on another and for anybody who reads the published keys', async ({ one, two }) => {
  const { accessToken, viewer } = await newUser(one)
  expect(await whose(two, accessToken)).toBe(viewer.user.id)
  const published = await jwks(two)
  const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(published), {
    algorithms: ['EdDSA'],
    issuer: 'kabar',
    audience: 'kabar',
    typ: 'at+jwt',
  })
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: published.keys[0]?.kid, typ: 'at+jwt' })
  expect(payload).toEqual({
    iss: 'kabar',
    aud: 'kabar',
    sub: TypeID.fromString(viewer.user.id).toUUID(),
    sid: TypeID.fromString(viewer.session.id).toUUID(),
    iat: expect.any(Number),
    exp: (payload.iat ?? 0) + one.parts.config.accessTokenSeconds,
  })
})

test('only the public part of a key is published', async ({ one }) => {
  for (const key of (await jwks(one)).keys) {
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  }
})

test('a token that is not exactly one of ours is refused', async ({ one }) => {
  const { accessToken, viewer } = await newUser(one)
  const { kid, privateKey, publicJwk } = await newestKey(one)
  const sid = TypeID.fromString(viewer.session.id).toUUID()
  const sub = TypeID.fromString(viewer.user.id).toUUID()
  const header = { alg: 'EdDSA', kid, typ: 'at+jwt' }
  const now = Math.floor(Date.now() / 1_000)
  const claims = { sub, sid, iss: 'kabar', aud: 'kabar', iat: now, exp: now + 60 }
  const { privateKey: otherKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const sign = (payload: object, over = {}, key = privateKey) =>
    new SignJWT({ ...payload }).setProtectedHeader({ ...header, ...over }).sign(key)
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const unsigned = `${encode({ ...header, alg: 'none' })}.${encode(claims)}`
  const symmetric = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
  const [head, body, signature = ''] = accessToken.split('.')

  expect(await whose(one, await sign(claims))).toBe(viewer.user.id)
  const forged = {
    empty: 'x',
    'another signature': `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    'another body': `${head}.${encode({ ...claims, sub: sid })}.${signature}`,
    unsigned: `${unsigned}.`,
    'signed with the public key': `${symmetric}.${createHmac('sha256', JSON.stringify(publicJwk)).update(symmetric).digest('base64url')}`,
    'of an unknown key': await sign(claims, { kid: 'unknown' }),
    'of no key': await sign(claims, { kid: undefined }),
    'of another type': await sign(claims, { typ: 'JWT' }),
    'of another issuer': await sign({ ...claims, iss: 'other' }),
    'for another audience': await sign({ ...claims, aud: 'other' }),
    'that has run out': await sign({ ...claims, exp: now - 1 }),
    'that never runs out': await sign({ ...claims, exp: undefined }),
    'of no session': await sign({ ...claims, sid: undefined }),
    'of a session that is none': await sign({ ...claims, sid: "' or true --" }),
    'of no user': await sign({ ...claims, sub: undefined }),
    'signed by another key': await sign(claims, {}, otherKey),
    'with a key of its own': await sign(claims, { kid: undefined, jwk: publicJwk }),
    'that is not good yet': await sign({ ...claims, nbf: now + 60 }),
    'whose end is no number': await sign({ ...claims, exp: 'never' }),
    'that is too long': await sign({ ...claims, more: 'x'.repeat(signInLimits.accessTokenLengthMax) }),
  }
  const answers = await Promise.all(
    Object.entries(forged).map(async ([name, token]) => [name, await whose(one, token)]),
  )
  expect(answers).toEqual(Object.keys(forged).map((name) => [name, 'UNAUTHENTICATED']))
})

test('servers that start at the same moment agree on one key', async ({ one }) => {
  const { db } = one.parts
  await db.signingKey.deleteMany()
  const keys = await Promise.all(Array.from({ length: 8 }, () => createKeyring(db).signing()))
  expect(new Set(keys.map((key) => key.kid)).size).toBe(1)
  expect(await db.signingKey.count()).toBe(1)
})

test('a new key is published before it signs, and the old one verifies until its last token has run out', async ({
  one,
}) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db } = one.parts
  await db.signingKey.deleteMany()
  const old = await createKeyring(db).signing()
  const reader = createKeyring(db)
  pass(signInLimits.keyPublishedMs + 1_000)
  await Promise.all([rotateKeys(db), rotateKeys(db)])
  const published = await reader.all()
  expect(published).toHaveLength(2)
  expect((await reader.signing()).kid).toBe(old.kid)
  pass(signInLimits.keyPublishedMs)
  const renewed = await reader.signing()
  expect(renewed.kid).toBe(published.find((key) => key.kid !== old.kid)?.kid)
  pass(signInLimits.tokenAgeMaxMs - 1_000)
  expect((await reader.find(old.kid))?.kid).toBe(old.kid)
  pass(signInLimits.keyPublishedMs + 2_000)
  expect(await reader.find(old.kid)).toBeNull()
  expect((await reader.all()).map((key) => key.kid)).toEqual([renewed.kid])
  await rotateKeys(db)
  expect(await db.signingKey.findUnique({ where: { id: old.kid } })).toBeNull()
})

test('a key that is too old gets a successor by itself', async ({ one }) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db } = one.parts
  await db.signingKey.deleteMany()
  const keyrings = [createKeyring(db), createKeyring(db)]
  await Promise.all(keyrings.map((keyring) => keyring.signing()))
  pass(signInLimits.keyAgeMaxMs + 1_000)
  await Promise.all(keyrings.map((keyring) => keyring.signing()))
  expect(await db.signingKey.count()).toBe(2)
})

test('an unknown key is looked for at most once a second', async ({ one }) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db } = one.parts
  const keyring = createKeyring(db)
  await keyring.signing()
  const findMany = vi.spyOn(db.signingKey, 'findMany')
  await Promise.all(Array.from({ length: 20 }, () => keyring.find('unknown')))
  expect(findMany).not.toHaveBeenCalled()
  pass(signInLimits.keyReloadMinMs)
  await Promise.all(Array.from({ length: 20 }, () => keyring.find('unknown')))
  expect(findMany).toHaveBeenCalledTimes(1)
})

/** A watch over the sessions of the database that counts its statements. */
function countingWatch({ parts }: KabarServer, sessionSweepMs: number) {
  let statements = 0
  const sql = parts.sql
  const checks = createSessionCache((statement) => {
    statements += 1
    return sql(statement)
  }, 60_000)
  const errors: unknown[] = []
  const watch = createSessionWatch({ checks, sessionSweepMs, onError: (error) => errors.push(error) })
  return { ...watch, checks, errors, statements: () => statements }
}

async function insertSessions({ database }: KabarServer, userId: string, count: number): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    `insert into sessions (id, user_id, expires_at)
     select gen_random_uuid(), $1, now() + interval '1 day' from generate_series(1, $2::int) returning id`,
    [userId, count],
  )
  return rows.map((row) => row.id)
}

test('10,000 watched sessions are swept by a few bounded statements, which find the one that ended', async ({
  one,
}) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const sessionIds = await insertSessions(one, userId, 10_000)
  await one.database.pool.query('update sessions set revoked_at = now() where id = $1', [sessionIds[6_789]])
  const { watch, statements, close } = countingWatch(one, 200)
  const ended = Promise.withResolvers<{ sessionId: string; error: AppError }>()
  const tokenExpiresAt = Date.now() + 60_000
  for (const sessionId of sessionIds) {
    watch({ userId, sessionId, tokenExpiresAt }, (error) => ended.resolve({ sessionId, error }))
  }
  expect(await ended.promise).toMatchObject({ sessionId: sessionIds[6_789], error: { code: 'SESSION_EXPIRED' } })
  await close()
  expect(statements()).toBeLessThanOrEqual(20)
})

test('P8 who comes with a session that has just ended is told at once, whatever was known of it', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const [sessionId = ''] = await insertSessions(one, userId, 1)
  const { watch, checks, close } = countingWatch(one, 60_000)
  const subject = { userId, sessionId, tokenExpiresAt: Date.now() + 60_000 }
  await checks.assertLive(subject)
  await one.database.pool.query('update sessions set revoked_at = now() where id = $1', [sessionId])
  // no notification comes, so that what is known is what was
  await checks.assertLive(subject)
  const told = Promise.withResolvers<AppError>()
  watch(subject, told.resolve)
  expect(await told.promise).toMatchObject({ code: 'SESSION_EXPIRED' })
  await close()
})

test('rings of a user are coalesced into one look, which ends only what has ended', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const [gone = '', alive = ''] = await insertSessions(one, userId, 2)
  const { watch, recheck, statements, close } = countingWatch(one, 60_000)
  const calls: string[] = []
  const tokenExpiresAt = Date.now() + 60_000
  const done = Promise.withResolvers<void>()
  watch({ userId, sessionId: alive, tokenExpiresAt }, () => calls.push('alive'))
  watch({ userId, sessionId: gone, tokenExpiresAt }, () => calls.push('gone'))
  watch({ userId, sessionId: gone, tokenExpiresAt }, () => done.resolve())
  const stop = watch({ userId, sessionId: gone, tokenExpiresAt }, () => calls.push('stopped'))
  stop()
  await one.database.pool.query('update sessions set revoked_at = now() where id = $1', [gone])
  for (let ring = 0; ring < 50; ring++) recheck([userId])
  await done.promise
  recheck([userId])
  await close()
  expect(calls).toEqual(['gone'])
  expect(statements()).toBeLessThanOrEqual(3)
})

test('who is watched is told when the access token runs out', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const [sessionId = ''] = await insertSessions(one, userId, 1)
  const { watch, close } = countingWatch(one, 50)
  const told = Promise.withResolvers<AppError>()
  watch({ userId, sessionId, tokenExpiresAt: Date.now() + 100 }, told.resolve)
  expect(await told.promise).toMatchObject({ code: 'UNAUTHENTICATED' })
  await close()
})

test('a sweep that fails is tried again soon', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const [sessionId = ''] = await insertSessions(one, userId, 1)
  await one.database.pool.query('update sessions set revoked_at = now() where id = $1', [sessionId])
  let failures = 2
  const sql = one.parts.sql
  const checks = createSessionCache((statement) => {
    if (failures-- > 0) throw new Error('the database is away')
    return sql(statement)
  }, 60_000)
  const errors: unknown[] = []
  const { watch, recheck, close } = createSessionWatch({
    checks,
    sessionSweepMs: 60_000,
    onError: (error) => errors.push(error),
  })
  const told = Promise.withResolvers<AppError>()
  watch({ userId, sessionId, tokenExpiresAt: Date.now() + 60_000 }, told.resolve)
  recheck([userId])
  expect(await told.promise).toMatchObject({ code: 'SESSION_EXPIRED' })
  expect(errors).toHaveLength(2)
  await close()
})

test('what is known of a session is forgotten at once when its user rings', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = TypeID.fromString(viewer.user.id).toUUID()
  const [sessionId = ''] = await insertSessions(one, userId, 1)
  const { checks, statements, close } = countingWatch(one, 60_000)
  const subject = { userId, sessionId, tokenExpiresAt: Date.now() + 60_000 }
  for (let request = 0; request < 10; request++) await checks.assertLive(subject)
  expect(statements()).toBe(1)
  await one.database.pool.query('update sessions set revoked_at = now() where id = $1', [sessionId])
  await checks.assertLive(subject)
  checks.forget(userId)
  await expect(checks.assertLive(subject)).rejects.toMatchObject({ code: 'SESSION_EXPIRED' })
  await close()
})
