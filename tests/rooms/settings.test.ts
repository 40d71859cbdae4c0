import { describe, expect } from 'vitest'
import { formatId } from '../../src/input/ids.ts'
import { type Client, guest, makeRoom, post, send } from '../support/client.ts'
import { eventsOf, joinRoom, make, openDirect, setRole, test, unknown, uuidOf } from '../support/members.ts'

const updateRoom = `mutation ($input: UpdateRoomInput!) {
  updateRoom(input: $input) {
    room { name description access slowModeSeconds archivedAt createdAt updatedAt category { slug name } region { code } }
  }
}`
interface Updated {
  updateRoom: { room: Record<string, unknown> & { archivedAt: string | null; updatedAt: string; createdAt: string } }
}

async function update(client: Client, roomId: string, settings: Record<string, unknown>) {
  const data = await client.call<Updated>(updateRoom, { input: { roomId, ...settings } })
  return data.updateRoom.room
}
const refused = (client: Client, roomId: string, settings: Record<string, unknown>) =>
  client.fail(updateRoom, { input: { roomId, ...settings } })

describe('updateRoom', () => {
  test('what is given changes, what is absent stays, and null takes away', async ({ one, db }) => {
    const ada = await guest(one)
    const category = await db.category.create({ data: { slug: 'cups', name: 'Cups' } })
    const region = await db.region.create({ data: { code: 'X-CUP', name: 'Cupland' } })
    const { id } = await make(ada, { description: 'All about tea' })
    const places = { categoryId: formatId('Category', category.id), regionId: formatId('Region', region.id) }
    expect(await update(ada, id, { name: '  Tea room ', slowModeSeconds: 21_600, ...places })).toMatchObject({
      name: 'Tea room',
      description: 'All about tea',
      access: 'OPEN',
      slowModeSeconds: 21_600,
      archivedAt: null,
      category: { slug: 'cups', name: 'Cups' },
      region: { code: 'X-CUP' },
    })
    expect(await update(ada, id, { description: null, categoryId: null, slowModeSeconds: 0 })).toMatchObject({
      name: 'Tea room',
      description: null,
      slowModeSeconds: 0,
      category: null,
      region: { code: 'X-CUP' },
    })
    expect(await update(ada, id, { description: '', regionId: null })).toMatchObject({
      description: null,
      region: null,
    })
  })

  test('members are told once of each change, and of none that changes nothing', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    const stream = bob.follow(
      `subscription ($roomId: ID!) {
        roomEvents(roomId: $roomId) { __typename ... on RoomUpdated { room { name archivedAt } } }
      }`,
      { roomId },
    )
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    await update(ada, roomId, { name: 'Attic', description: 'Up there', slowModeSeconds: 5 })
    await update(ada, roomId, { name: 'Attic', access: 'OPEN', archived: false })
    await update(ada, roomId, {})
    await update(ada, roomId, { name: 'Cellar' })
    expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'RoomUpdated' } })
    expect(await stream.nextData()).toEqual({
      roomEvents: { __typename: 'RoomUpdated', room: { name: 'Cellar', archivedAt: null } },
    })
    const updates = (await eventsOf(db, roomId)).filter((event) => event.startsWith('ROOM_UPDATED'))
    expect(updates).toEqual([`ROOM_UPDATED ${uuidOf(roomId)}`, `ROOM_UPDATED ${uuidOf(roomId)}`])
  })

  test('owner and admins change settings; members, others and the two of a direct room do not', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    expect(await refused(bob, id, { name: 'Mine' })).toBe('FORBIDDEN')
    expect(await refused(eve, id, { name: 'Mine' })).toBe('FORBIDDEN')
    await setRole(db, id, bob, 'ADMIN')
    expect(await update(bob, id, { name: 'Ours' })).toMatchObject({ name: 'Ours' })
    const hidden = await make(ada, { access: 'INVITE' })
    const { errors: ofHidden } = await eve.attempt(updateRoom, { input: { roomId: hidden.id, name: 'Mine' } })
    const { errors: ofUnknown } = await eve.attempt(updateRoom, { input: { roomId: unknown.room, name: 'Mine' } })
    expect(ofHidden).toEqual(ofUnknown)
    expect(ofHidden?.[0]?.extensions.code).toBe('NOT_FOUND')
    expect(await refused(ada, await openDirect(ada, bob), { name: 'Two' })).toBe('FORBIDDEN')
    const { errors } = await post(one, { query: updateRoom, variables: { input: { roomId: id, name: 'Mine' } } })
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  test('a room gets, changes and loses its password', async ({ one, two, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(two), await guest(two)]
    const id = await makeRoom(ada)
    const hash = async () => (await db.room.findUniqueOrThrow({ where: { id: uuidOf(id) } })).passwordHash
    expect(await refused(ada, id, { access: 'PASSWORD' })).toBe('BAD_USER_INPUT')
    expect(await refused(ada, id, { access: 'PASSWORD', password: null })).toBe('BAD_USER_INPUT')
    expect(await refused(ada, id, { password: 'sesame' })).toBe('BAD_USER_INPUT')
    expect(await update(ada, id, { access: 'PASSWORD', password: 'sesame' })).toMatchObject({ access: 'PASSWORD' })
    expect(await hash()).toMatch(/^\$argon2id\$/)
    expect(await bob.fail(joinRoom, { input: { roomId: id } })).toBe('WRONG_ROOM_PASSWORD')
    await update(ada, id, { access: 'PASSWORD', name: 'Cave' })
    await update(ada, id, { password: 'open sesame' })
    expect(await bob.fail(joinRoom, { input: { roomId: id, password: 'sesame' } })).toBe('WRONG_ROOM_PASSWORD')
    await bob.call(joinRoom, { input: { roomId: id, password: 'open sesame' } })
    expect(await refused(ada, id, { access: 'INVITE', password: 'x' })).toBe('BAD_USER_INPUT')
    await update(ada, id, { access: 'OPEN', password: null })
    expect(await hash()).toBeNull()
    await eve.call(joinRoom, { input: { roomId: id } })
  })

  test('an archived room takes no messages and no members, is read, and comes back', async ({ one, two, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(two), await guest(two)]
    const id = await makeRoom(ada, [bob])
    await send(bob, id, 'hello')
    const { archivedAt } = await update(ada, id, { archived: true })
    expect(archivedAt).not.toBeNull()
    expect((await update(ada, id, { archived: true })).archivedAt).toBe(archivedAt)
    const sendMessage = 'mutation ($id: ID!) { sendMessage(input: { roomId: $id, body: "x" }) { message { id } } }'
    expect(await bob.fail(sendMessage, { id })).toBe('ROOM_ARCHIVED')
    expect(await eve.fail(joinRoom, { input: { roomId: id } })).toBe('ROOM_ARCHIVED')
    expect(await bob.call('query ($id: ID!) { room(id: $id) { lastMessage { body } } }', { id })).toEqual({
      room: { lastMessage: { body: 'hello' } },
    })
    expect((await update(ada, id, { archived: false })).archivedAt).toBeNull()
    expect((await send(bob, id, 'again')).number).toBe(2)
    await eve.call(joinRoom, { input: { roomId: id } })
    expect((await eventsOf(db, id)).filter((event) => event.startsWith('ROOM_UPDATED'))).toHaveLength(2)
  })

  test('only a change of settings moves updatedAt', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada)
    const past = new Date('2020-01-01')
    await db.room.update({ where: { id: uuidOf(id) }, data: { updatedAt: past } })
    await bob.call(joinRoom, { input: { roomId: id } })
    await send(bob, id, 'hello')
    expect((await update(ada, id, { name: 'Lobby' })).updatedAt).toBe(past.toISOString())
    expect((await update(ada, id, { name: 'Hall' })).updatedAt).not.toBe(past.toISOString())
  })

  test.for([
    ['a blank name', { name: '​ ' }, 'name'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'name'],
    ['a name with U+0000', { name: 'a\u0000b' }, 'name'],
    ['a name that turns the text', { name: '\u202Eybbol' }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['half of a surrogate pair', { name: '\ud800' }, 'name'],
    ['a description of 1,001 characters', { description: 'x'.repeat(1_001) }, 'description'],
    ['a description with U+0000', { description: '\u0000' }, 'description'],
    ['a description with half of a surrogate pair', { description: 'a\udfff' }, 'description'],
    ['an empty password', { access: 'PASSWORD', password: '' }, 'password'],
    ['a password of 257 characters', { access: 'PASSWORD', password: 'x'.repeat(257) }, 'password'],
    ['a password with U+0000', { access: 'PASSWORD', password: '\u0000' }, 'password'],
    ['no access', { access: null }, 'access'],
    ['neither archived nor not', { archived: null }, 'archived'],
    ['no slow mode', { slowModeSeconds: null }, 'slowModeSeconds'],
    ['a slow mode below zero', { slowModeSeconds: -1 }, 'slowModeSeconds'],
    ['a slow mode of more than six hours', { slowModeSeconds: 21_601 }, 'slowModeSeconds'],
    ['a category that does not exist', { categoryId: 'cat_01h455vb4pex5vsknk084sn02q' }, 'categoryId'],
    ['the id of a region as category', { categoryId: 'region_01h455vb4pex5vsknk084sn02q' }, 'categoryId'],
    ['an empty id', { regionId: '' }, 'regionId'],
    ['an id with U+0000', { regionId: 'region_\u0000' }, 'regionId'],
  ] as const)('%s is refused', async ([, settings, path], { one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const { errors } = await ada.attempt(updateRoom, { input: { roomId, ...settings } })
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: expect.arrayContaining([expect.objectContaining({ path })]),
    })
  })

  test('what may not be null says so, each at its place', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const input = { roomId, access: null, archived: null, slowModeSeconds: null }
    const { errors } = await ada.attempt(updateRoom, { input })
    const fields = ['slowModeSeconds', 'access', 'archived'].map((path) => ({
      path,
      message: 'may not be null',
    }))
    expect(errors?.[0]?.extensions.fields).toEqual(expect.arrayContaining(fields))
  })

  test('a number that is no Int and the id of something else are refused', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    for (const slowModeSeconds of [2 ** 31, 0.5, '5']) {
      expect(await refused(ada, roomId, { slowModeSeconds })).toBe('BAD_USER_INPUT')
    }
    for (const id of [ada.userId, '', 'room_', `${roomId}x`, '\u0000']) {
      expect(await refused(ada, id, { name: 'x' })).toBe('BAD_USER_INPUT')
    }
  })
})
