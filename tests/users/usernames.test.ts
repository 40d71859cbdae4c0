// Which usernames somebody can take.

import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { reservedUsernames } from '../../src/config/users.ts'
import { isReservedName } from '../../src/users/free-names.ts'
import { attempt, enter, freshName, newUser, password } from '../support/accounts.ts'
import { guest, post, type Server } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test } from '../support/members.ts'

const outcome = async (server: Server, username: string) => {
  const { errors } = await attempt(server, 'register', { username, password })
  return errors?.[0] ? { code: errors[0].extensions.code, message: errors[0].message } : 'done'
}
const taken = (username: string) => ({
  code: 'USERNAME_TAKEN',
  message: expect.stringMatching(
    new RegExp(`^(This username|The username "${username}") is taken\\. Choose another\\.$`),
  ),
})

test('a username has 3 to 50 characters', async ({ one }) => {
  expect([limits.usernameLengthMin, limits.usernameLengthMax]).toEqual([3, 50])
  const name = freshName()
  expect(await outcome(one, name.padEnd(50, 'x'))).toBe('done')
  expect(await outcome(one, name.padEnd(51, 'x'))).toMatchObject({ code: 'BAD_USER_INPUT' })
  expect(await outcome(one, name.slice(0, 2))).toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('a username of two characters, from before, still signs in', async ({ one }) => {
  const { viewer } = await newUser(one)
  await one.database.pool.query(`update users set username = 'zq' where username = $1`, [viewer.user.username])
  expect((await enter(one, 'signIn', { username: 'ZQ', password })).viewer.user.id).toBe(viewer.user.id)
})

test.for([
  ...['all', 'here', 'everyone', 'channel', 'admin', 'system', 'support', 'deleted', 'operator', 'moderator', 'kabar'],
  ...['root', 'Admin', 'ad-min', 'a.d.m.i.n', 'adm1n', 'supp0rt', 'adrnin', 'a11', 'k_a_b_a_r', '5ystem'],
])('nobody is called %s, at whatever door', async (username, { one, databaseUrl }) => {
  const name = username.toLowerCase()
  expect(await outcome(one, username)).toEqual(taken(name))
  const upgrade = await attempt(one, 'upgradeGuest', { username, password }, (await guest(one)).token)
  expect(upgrade.errors?.[0]?.extensions.code).toBe('USERNAME_TAKEN')
  expect(await kabar(databaseUrl, ['users', 'show', name])).toMatchObject({ code: 1 })
})

test('the reserved names leave others alone', () => {
  for (const name of reservedUsernames) expect(isReservedName(name), name).toBe(true)
  for (const name of ['alice', 'adam', 'sheree', 'allan', 'hallie', 'rooter', 'systema', 'adminton', 'ruth']) {
    expect(isReservedName(name), name).toBe(false)
  }
})

const remove = async (server: Server, token: string) => {
  const query = 'mutation ($password: String) { deleteAccount(input: { password: $password }) { user { id } } }'
  const { errors } = await post(server, { query, variables: { password }, token })
  expect(errors).toBeUndefined()
}

test('the username of a deleted account rests, and is then free, and nothing tells why', async ({ one, start }) => {
  const rival = await newUser(one)
  const username = freshName()
  const { accessToken } = await newUser(one, { username })
  await remove(one, accessToken)
  expect(await outcome(one, username.toUpperCase())).toEqual(taken(username))
  expect(await outcome(one, rival.viewer.user.username ?? '')).toEqual(taken(rival.viewer.user.username ?? ''))
  const upgrade = await attempt(one, 'upgradeGuest', { username, password }, (await guest(one)).token)
  expect(upgrade.errors?.[0]?.extensions.code).toBe('USERNAME_TAKEN')
  await one.database.pool.query(`update resting_names set released_at = released_at - interval '30 days 1 second'`)
  expect(await outcome(one, username)).toBe('done')
  // with 0 days none rests
  const { retention } = one.parts.config
  const hasty = await start({ retention: { ...retention, usernameRestDays: 0 } })
  const second = freshName()
  await remove(hasty, (await newUser(hasty, { username: second })).accessToken)
  expect(await outcome(hasty, second)).toBe('done')
})

test('of many who wait for the deletion of an account none gets its name', async ({ one, two }) => {
  for (let round = 0; round < 5; round++) {
    const username = freshName()
    const { accessToken } = await newUser(one, { username })
    const [, ...outcomes] = await Promise.all([
      remove(one, accessToken),
      ...[one, two, one, two].map((server) => outcome(server, username)),
    ])
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ code: 'USERNAME_TAKEN' })))
  }
})

test('names that have rested long enough are swept away, and only their hashes were kept', async ({
  one,
  databaseUrl,
}) => {
  const { pool } = one.database
  const username = freshName()
  await remove(one, (await newUser(one, { username })).accessToken)
  const { rows } = await pool.query('select from resting_names where username_hash = sha256($1)', [
    Buffer.from(username),
  ])
  expect(rows).toHaveLength(1)
  await pool.query(`update resting_names set released_at = released_at - interval '31 days'`)
  expect((await kabar(databaseUrl, ['prune'])).code).toBe(0)
  expect((await pool.query('select from resting_names')).rows).toEqual([])
})
