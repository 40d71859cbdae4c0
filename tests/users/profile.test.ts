import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { registeredUsersStatement } from '../../src/users/search/queries.ts'
import { enter, freshName, newUser, password } from '../support/accounts.ts'
import { Client, guest, makeRoom, type Server, send } from '../support/client.ts'
import { openDirect, test, uuidOf } from '../support/members.ts'

const update = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { viewer { user { displayName bio } email phone directMessagePolicy } }
}`

const change = async (client: Client, input: Record<string, unknown>) =>
  (await client.call<{ updateProfile: { viewer: unknown } }>(update, { input })).updateProfile.viewer

async function user(server: Server): Promise<Client> {
  const { accessToken: token, refreshToken, viewer } = await newUser(server, { displayName: 'Ada' })
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name: viewer.user.username ?? '' })
}

const fresh = { user: { displayName: 'Ada', bio: null }, email: null, phone: null, directMessagePolicy: 'EVERYONE' }

test('a profile is changed where something is given, and null takes it away', async ({ one }) => {
  const ada = await user(one)
  const email = `${ada.name}@Example.org`
  expect(await change(ada, {})).toEqual(fresh)
  const whole = {
    user: { displayName: 'Ada L.', bio: 'I count.\nAlways.' },
    email: email.toLowerCase(),
    phone: '+6281234567890',
    directMessagePolicy: 'FRIENDS',
  }
  const given = { displayName: ' Ada L. ', bio: 'I count.\nAlways.', email, phone: '+6281234567890' }
  expect(await change(ada, { ...given, directMessagePolicy: 'FRIENDS' })).toEqual(whole)
  expect(await change(ada, { displayName: 'Ada' })).toEqual({ ...whole, user: { ...whole.user, displayName: 'Ada' } })
  expect(await change(ada, { bio: null, email: null, phone: null, directMessagePolicy: 'EVERYONE' })).toEqual(fresh)
})

test('an account tells when it was made and last changed, beside its messages too', async ({ one }) => {
  const ada = await user(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  const dates = 'createdAt updatedAt'
  const read = async () => {
    const query = `query ($id: ID!) { viewer { user { ${dates} } } room(id: $id) { lastMessage { author { ${dates} } } } }`
    type Dates = { createdAt: string; updatedAt: string }
    const { viewer, room } = await ada.call<{
      viewer: { user: Dates }
      room: { lastMessage: { author: Dates } }
    }>(query, { id: roomId })
    expect(room.lastMessage.author).toEqual(viewer.user)
    return viewer.user
  }
  const before = await read()
  await change(ada, { bio: 'I count.' })
  const after = await read()
  expect(after.createdAt).toBe(before.createdAt)
  expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(after.createdAt))
})

test('a profile that breaks a rule changes nothing, and every fault is named', async ({ one }) => {
  const ada = await user(one)
  for (const [field, value] of [
    ['displayName', null],
    ['displayName', ' '],
    ['displayName', 'x'.repeat(limits.displayNameLengthMax + 1)],
    ['bio', 'x'.repeat(limits.bioLengthMax + 1)],
    ['email', 'nobody'],
    ['phone', '0812'],
    ['directMessagePolicy', null],
  ] as const) {
    const { errors } = await ada.attempt(update, { input: { displayName: 'Other', [field]: value } })
    expect(errors?.[0]?.extensions, field).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: field }] })
  }
  expect(await change(ada, {})).toEqual(fresh)
})

test('a guest has a name and a bio, but no e-mail address or phone number', async ({ one }) => {
  const ada = await guest(one)
  expect(await change(ada, { displayName: 'Ada', bio: 'Hello' })).toMatchObject({ user: { bio: 'Hello' } })
  expect(await ada.fail(update, { input: { email: 'ada@example.org' } })).toBe('FORBIDDEN')
  expect(await ada.fail(update, { input: { phone: '+4915112345679' } })).toBe('FORBIDDEN')
})

test('the viewer is told of a change on every server', async ({ one, two }) => {
  const ada = await guest(one)
  const stream = ada
    .at(two)
    .follow('subscription { viewerEvents { __typename ... on ProfileUpdated { user { displayName } } } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  await change(ada, { displayName: 'Ada' })
  expect(await stream.nextData()).toEqual({
    viewerEvents: { __typename: 'ProfileUpdated', user: { displayName: 'Ada' } },
  })
})

test('the viewer is told of what nobody else sees, too', async ({ one, two }) => {
  const ada = await user(one)
  const stream = ada
    .at(two)
    .follow('subscription { viewerEvents { ... on ProfileUpdated { email phone hasPassword directMessagePolicy } } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: {} })
  const email = `${ada.name}@example.org`
  await change(ada, { email, phone: '+4915112345680', directMessagePolicy: 'FRIENDS' })
  expect(await stream.nextData()).toEqual({
    viewerEvents: { email, phone: '+4915112345680', hasPassword: true, directMessagePolicy: 'FRIENDS' },
  })
})

test('the viewer is told that they have a password now', async ({ start }) => {
  const server = await start({ passwordlessSignIn: true })
  const { accessToken: token, viewer } = await enter(server, 'register', { username: freshName() })
  const ada = new Client(server, { token, refreshToken: '', userId: viewer.user.id, name: '' })
  const stream = ada.follow('subscription { viewerEvents { __typename ... on ProfileUpdated { hasPassword } } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const mutation = 'mutation ($p: String!) { changePassword(input: { newPassword: $p }) { viewer { hasPassword } } }'
  await ada.call(mutation, { p: password })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'ProfileUpdated', hasPassword: true } })
})

test('rooms and friends are told of another name, but nobody whom a block parts from the user', async ({
  one,
  two,
  db,
}) => {
  const [ada, bob, cyd, dan] = [await guest(one), await guest(one), await guest(two), await guest(two)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const friendship = 'mutation ($userId: ID!) { sendFriendRequest(input: { userId: $userId }) { user { id } } }'
  await ada.call(friendship, { userId: dan.userId })
  await dan.call(friendship, { userId: ada.userId })
  await db.block.create({ data: { blockerId: uuidOf(cyd.userId), blockedId: uuidOf(ada.userId) } })
  const told = '__typename ... on UserUpdated { user { id displayName bio } }'
  const inRoom = (client: Client) =>
    client.follow(`subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { ${told} } }`, { roomId })
  const [toBob, toCyd] = [inRoom(bob.at(two)), inRoom(cyd)]
  const toDan = dan.follow(`subscription { viewerEvents { ${told} } }`)
  for (const stream of [toBob, toCyd, toDan]) expect(JSON.stringify(await stream.nextData())).toContain('Synced')

  await change(ada, { displayName: 'Ada L.', bio: 'I count.' })
  const ofAda = { __typename: 'UserUpdated', user: { id: ada.userId, displayName: 'Ada L.', bio: 'I count.' } }
  expect(await toBob.nextData()).toEqual({ roomEvents: ofAda })
  expect(await toDan.nextData()).toEqual({ viewerEvents: ofAda })
  // of what nobody else sees nobody else is told
  await change(ada, { directMessagePolicy: 'FRIENDS' })
  await change(bob, { bio: 'I build.' })
  const ofBob = { __typename: 'UserUpdated', user: { id: bob.userId, displayName: bob.name, bio: 'I build.' } }
  expect(await toBob.nextData()).toEqual({ roomEvents: ofBob })
  expect(await toCyd.nextData()).toEqual({ roomEvents: ofBob })
})

test('a direct room is begun only by those whom the other lets', async ({ one }) => {
  const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
  const open = 'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }'
  const refused = (client: Client) => client.fail(open, { userId: ada.userId })
  await change(ada, { directMessagePolicy: 'SHARED_ROOMS' })
  expect(await refused(bob)).toBe('FORBIDDEN')
  await makeRoom(ada, [bob])
  const known = await openDirect(bob, ada)
  await change(ada, { directMessagePolicy: 'FRIENDS' })
  // the room that they have stays
  expect(await openDirect(bob, ada)).toBe(known)
  await makeRoom(cyd, [ada])
  expect(await refused(cyd)).toBe('FORBIDDEN')
  const request = 'mutation ($userId: ID!) { sendFriendRequest(input: { userId: $userId }) { friendship { status } } }'
  await cyd.call(request, { userId: ada.userId })
  expect(await refused(cyd)).toBe('FORBIDDEN')
  await ada.call(request, { userId: cyd.userId })
  await openDirect(cyd, ada)
})

test('a search of many users reads an index', async ({ one, db }) => {
  const ada = await user(one)
  await db.$executeRaw`
    with topic as (insert into topics (id) select gen_random_uuid() from generate_series(1, 10000) returning id)
    insert into users (id, username, display_name, is_guest, updated_at)
    select id, 'x' || substr(md5(id::text), 1, 20), md5(id::text), false, now() from topic`
  // what was just inserted waits in a list of the index, which makes it look dear
  await db.$executeRaw`vacuum analyze users`
  for (const search of ['needle', 'qz']) {
    const asked = { viewerId: uuidOf(ada.userId), search, after: null, take: 51 }
    const plan = await db.$queryRaw`explain ${registeredUsersStatement(asked)}`
    // the beginning of a username may be found by the index that keeps usernames unique
    if (search === 'needle') expect(JSON.stringify(plan)).toContain('users_username_trgm_idx')
    expect(JSON.stringify(plan)).toContain('users_search_name_trgm_idx')
    expect(JSON.stringify(plan)).not.toContain('Seq Scan on users')
  }
})
