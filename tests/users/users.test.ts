import { TypeID } from 'typeid-js'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { enter, freshName, type Grant, newUser } from '../support/accounts.ts'
import { post, type Server } from '../support/client.ts'
import { test } from '../support/server.ts'

interface Users {
  users: { nodes: { username: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

const ask = <Data>(server: Server, { accessToken }: Pick<Grant, 'accessToken'>, query: string, variables = {}) =>
  post<Data>(server, { query, variables, token: accessToken })

async function search(server: Server, viewer: Grant, text: string): Promise<string[]> {
  const query = 'query ($search: String) { users(search: $search) { nodes { username } } }'
  const { data } = await ask<Users>(server, viewer, query, { search: text })
  return data?.users.nodes.map((user) => user.username) ?? []
}

test('a user is found by username in any case, and by nothing else', async ({ one }) => {
  const { viewer, ...grant } = await newUser(one)
  const find = async (username: string) =>
    (
      await ask<{ user: { id: string } | null }>(
        one,
        grant,
        'query ($username: String!) { user(username: $username) { id } }',
        { username },
      )
    ).data
  expect(await find(`${viewer.user.username?.toUpperCase()}`)).toEqual({ user: { id: viewer.user.id } })
  expect(await find(freshName())).toEqual({ user: null })
  expect(await find('not a username \0')).toEqual({ user: null })
})

test('users are searched by any part of username or display name', async ({ one }) => {
  const tag = freshName()
  const viewer = await newUser(one, { username: tag, displayName: 'Somebody' })
  const named = await newUser(one, { displayName: `Zoë ${tag.toUpperCase()} the Great` })
  await enter(one, 'signInAsGuest', { displayName: tag })
  const found = [tag, `${named.viewer.user.username}`].toSorted()
  expect((await search(one, viewer, tag.slice(1).toUpperCase())).toSorted()).toEqual(found)
  expect(await search(one, viewer, `x${tag}`)).not.toContain(tag)
  expect(await search(one, viewer, 'xylophone'.repeat(3))).toEqual([])
})

/** Names, and how people search for them. */
const names: readonly (readonly [name: string, ...searches: string[]])[] = [
  ['Zoë Müßig', 'zoe', 'ZOË', 'mussig', 'müßig'],
  ['Crème Ørsted', 'creme', 'CRÈME', 'orsted', 'ørsted'],
  ['Ёлкин Андрей', 'ёлкин', 'елкин', 'ЕЛКИН', 'андрей', 'АНД'],
  ['Γιώργος Οδυσσεύς', 'γιωργος', 'ΓΙΏΡΓΟΣ', 'οδυσσευσ'],
  ['İpek Işık', 'ipek', 'isik', 'IŞIK'],
  ['أحمد مُحَمَّد', 'احمد', 'محمد'],
  ['ＷＩＤＥ ﬁne', 'wide', 'fine', 'ｗｉｄｅ'],
  ['Đặng Łukasz', 'dang', 'lukasz'],
  ['Sinéad O’Brien', "o'brien", 'sinead'],
  ['Ægir Þór', 'aegir', 'thor', 'ÆGIR', 'þór'],
  ['이서연', '이서연', '이서'],
]

test('names are searched without case, accents and widths, whatever the locale of the database', async ({ one }) => {
  const tag = freshName().slice(0, 12)
  const viewer = await newUser(one)
  const faults: string[] = []
  for (const [index, [name, ...searches]] of names.entries()) {
    const username = `${tag}-${index}`
    const { viewer: owner } = await newUser(one, { username, displayName: name })
    expect(owner.user.displayName).toBe(name)
    for (const text of searches) {
      if (!(await search(one, viewer, text)).includes(username)) faults.push(`“${text}” does not find ${name}`)
    }
  }
  expect(faults).toEqual([])
})

test('a search takes the wildcards of LIKE as they are', async ({ one }) => {
  const tag = freshName().slice(0, 10)
  const viewer = await newUser(one, { displayName: `${tag}_50%\\` })
  const { username } = viewer.viewer.user
  await newUser(one, { displayName: `${tag}x50x` })
  for (const text of [`${tag}_`, `${tag}_50%`, '50%\\']) expect(await search(one, viewer, text)).toEqual([username])
  // of two characters names begin with it
  for (const text of ['%5', '_5', '%%']) expect(await search(one, viewer, text)).toEqual([])
})

test('the one with the very username comes first, and once', async ({ one }) => {
  const tag = freshName().slice(0, 12)
  const viewer = await newUser(one, { username: `${tag}m`, displayName: 'Somebody' })
  const before = await newUser(one, { username: `a${tag}m` })
  const after = await newUser(one, { displayName: `the other ${tag}m` })
  const [first, second] = [before, after].map(({ viewer: { user } }) => `${user.username}`).toSorted()
  expect(await pagesOf(one, viewer, `${tag}M`)).toEqual([`${tag}m`, first, second])
})

test('a typing error finds those whose display names are most alike, and none whom a block hides', async ({ one }) => {
  const viewer = await newUser(one)
  const names = ['Quentin Zwirblowski', 'Quentin Zwirbelowsky', 'Walter Zwirbler', 'Quentina Zwirbelowski']
  const users = []
  for (const displayName of names) users.push((await newUser(one, { displayName })).viewer.user)
  const nameOf = new Map(users.map(({ username }, index) => [`${username}`, names[index]]))
  const namesFound = async (text: string) => (await pagesOf(one, viewer, text)).map((username) => nameOf.get(username))
  // a part of a name needs no tolerance
  expect(await namesFound('zwirbler')).toEqual(['Walter Zwirbler'])
  expect(await namesFound('Qentin Zwirblowski')).toEqual([
    'Quentin Zwirblowski',
    'Quentin Zwirbelowsky',
    'Quentina Zwirbelowski',
  ])
  const block = 'mutation ($input: BlockInput!) { blockUser(input: $input) { user { id } } }'
  await ask(one, viewer, block, { input: { userId: users[0]?.id } })
  expect(await namesFound('Qentin Zwirblowski')).toEqual(['Quentin Zwirbelowsky', 'Quentina Zwirbelowski'])
  expect(await namesFound('zz')).toEqual([])
})

/** Reads all pages, of two users each. */
async function pagesOf(server: Server, viewer: Grant, text: string): Promise<string[]> {
  const query = `query ($search: String, $after: String) {
    users(search: $search, first: 2, after: $after) { nodes { username } pageInfo { hasNextPage endCursor } }
  }`
  const seen: string[] = []
  let after: string | null = null
  do {
    const { data }: { data?: Users | null } = await ask<Users>(server, viewer, query, { search: text, after })
    seen.push(...(data?.users.nodes.map((user) => user.username) ?? []))
    after = data?.users.pageInfo.hasNextPage ? data.users.pageInfo.endCursor : null
  } while (after !== null)
  return seen
}

test('pages of users come in order of username, without holes or repeats', async ({ one }) => {
  const tag = freshName().slice(0, 12)
  const names = ['.a', '-b', '_c', '0', 'z'].map((end) => `${tag}${end}9`)
  for (const username of names) await newUser(one, { username })
  const viewer = await newUser(one)
  const seen = await pagesOf(one, viewer, tag)
  expect(seen).toHaveLength(names.length)
  expect(seen.toSorted()).toEqual(names.toSorted())
})

test('a search that is too long, not Unicode or without sense is refused', async ({ one }) => {
  const viewer = await newUser(one)
  const query =
    'query ($search: String, $first: Int, $after: String) { users(search: $search, first: $first, after: $after) { nodes { id } } }'
  const place = (keys: unknown) => Buffer.from(JSON.stringify(keys)).toString('base64url')
  for (const variables of [
    { search: 'x'.repeat(limits.displayNameLengthMax + 1) },
    { search: 'a\0b' },
    { first: limits.pageSizeMax + 1 },
    { after: 'nonsense' },
    { after: place(['\0']) },
  ]) {
    const { errors } = await ask(one, viewer, query, variables)
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  }
})

test('users are shown only to those who are signed in', async ({ one }) => {
  for (const query of ['{ user(username: "somebody") { id } }', '{ users { nodes { id } } }']) {
    const { errors } = await post(one, { query })
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  }
})

test('a deleted account is not found, and where it is still named it has no name', async ({ one }) => {
  const deleted = await newUser(one, { displayName: 'Somebody' })
  const { id, username } = deleted.viewer.user
  const viewer = await newUser(one)
  await one.database.pool.query('update users set deleted_at = now() where id = $1', [TypeID.fromString(id).toUUID()])
  expect(await search(one, viewer, `${username}`)).toEqual([])
  const { data } = await ask(
    one,
    viewer,
    'query ($id: ID!) { node(id: $id) { ... on User { username displayName bio } } }',
    { id },
  )
  expect(data).toEqual({ node: { username: null, displayName: 'Deleted user', bio: null } })
})
