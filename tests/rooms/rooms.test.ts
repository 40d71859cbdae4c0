import { describe, expect } from 'vitest'
import { formatId } from '../../src/input/ids.ts'
import { type Client, guest, makeRoom, post, send } from '../support/client.ts'
import { test, uuidOf } from '../support/members.ts'

const createRoom = `mutation ($input: CreateRoomInput!) {
  createRoom(input: $input) {
    room { id code kind access name description memberCount messageCount slowModeSeconds archivedAt owner { id } viewerMembership { role unreadCount } }
  }
}`
const room = 'query ($id: ID, $code: String) { room(id: $id, code: $code) { id code name memberCount } }'

interface Made {
  createRoom: { room: { id: string; code: string } & Record<string, unknown> }
}

async function make(client: Client, input: Record<string, unknown>) {
  const { createRoom: made } = await client.call<Made>(createRoom, { input: { name: 'Lobby', ...input } })
  return made.room
}

describe('createRoom', () => {
  test('a new room belongs to its creator from the start', async ({ one, db }) => {
    const ada = await guest(one)
    const made = await make(ada, { access: 'OPEN', description: 'All about tea\nand cups' })
    expect(made).toMatchObject({
      kind: 'GROUP',
      access: 'OPEN',
      name: 'Lobby',
      description: 'All about tea\nand cups',
      memberCount: 1,
      messageCount: 0,
      slowModeSeconds: 0,
      archivedAt: null,
      owner: { id: ada.userId },
      viewerMembership: { role: 'OWNER', unreadCount: 0 },
    })
    expect(made.code).toMatch(/^[A-HJ-NP-Z2-9]{8}$/)
    const [roomId, userId] = [uuidOf(made.id), uuidOf(ada.userId)]
    expect(await db.event.findMany({ where: { topicId: roomId } })).toMatchObject([
      { kind: 'MEMBER_JOINED', actorId: userId, subject: userId, seq: 1n },
    ])
    expect(await db.event.findMany({ where: { topicId: userId } })).toMatchObject([
      { kind: 'ROOM_ADDED', actorId: userId, subject: roomId, seq: 1n },
    ])
  })

  test('a room is open when nothing else is said', async ({ one }) => {
    expect(await make(await guest(one), {})).toMatchObject({ access: 'OPEN', description: null })
  })

  test('a room with a password keeps only its hash', async ({ one, db }) => {
    const made = await make(await guest(one), { access: 'PASSWORD', password: 'open sesame' })
    const { passwordHash } = await db.room.findUniqueOrThrow({ where: { id: uuidOf(made.id) } })
    expect(passwordHash).toMatch(/^\$argon2id\$/)
  })

  test('a room takes its category and region', async ({ one, db }) => {
    const category = await db.category.create({ data: { slug: 'tea', name: 'Tea' } })
    const region = await db.region.create({ data: { code: 'X-TEA', name: 'Tealand' } })
    const made = await make(await guest(one), {
      categoryId: formatId('Category', category.id),
      regionId: formatId('Region', region.id),
    })
    expect(await db.room.findUniqueOrThrow({ where: { id: uuidOf(made.id) } })).toMatchObject({
      categoryId: category.id,
      regionId: region.id,
    })
  })

  test.for([
    ['a blank name', { name: ' \t ' }, 'name'],
    ['a name of which nothing shows', { name: '\u200B\u3164\u200B' }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'name'],
    ['half of a surrogate pair', { name: 'a\ud800' }, 'name'],
    ['a description of 1,001 characters', { description: 'x'.repeat(1_001) }, 'description'],
    ['no password where one is needed', { access: 'PASSWORD' }, 'password'],
    ['an empty password', { access: 'PASSWORD', password: '' }, 'password'],
    ['a password of 257 characters', { access: 'PASSWORD', password: 'x'.repeat(257) }, 'password'],
    ['a password where none is asked for', { access: 'OPEN', password: 'open sesame' }, 'password'],
    ['a category that does not exist', { categoryId: 'cat_01h455vb4pex5vsknk084sn02q' }, 'categoryId'],
    ['a region that does not exist', { regionId: 'region_01h455vb4pex5vsknk084sn02q' }, 'regionId'],
    ['the id of something else as category', { categoryId: 'room_01h455vb4pex5vsknk084sn02q' }, 'categoryId'],
  ] as const)('%s is refused', async ([, input, path], { one }) => {
    const ada = await guest(one)
    const { errors } = await ada.attempt(createRoom, { input: { name: 'Lobby', ...input } })
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: expect.arrayContaining([expect.objectContaining({ path })]),
    })
  })

  test('names and descriptions may be as long as their bounds', async ({ one }) => {
    const made = await make(await guest(one), { name: '🍵'.repeat(80), description: '🍵'.repeat(1_000) })
    expect(made.name).toBe('🍵'.repeat(80))
  })

  test('who is not signed in makes no room', async ({ one }) => {
    const { errors } = await post(one, { query: createRoom, variables: { input: { name: 'Lobby' } } })
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  test('a code that is taken is replaced by another', async ({ one, db }) => {
    const ada = await guest(one)
    const taken = await make(ada, {})
    // a sequence does not roll back: the first two tries of the next room collide
    await db.$executeRawUnsafe('create sequence collisions')
    await db.$executeRawUnsafe(`
      create function collide() returns trigger language plpgsql as $$
      begin
        if nextval('collisions') <= 2 then new.code := '${taken.code}'; end if;
        return new;
      end $$`)
    await db.$executeRawUnsafe('create trigger collide before insert on rooms for each row execute function collide()')
    try {
      const made = await make(ada, {})
      expect(made.code).not.toBe(taken.code)
      expect(await db.$queryRawUnsafe('select last_value::integer as tries from collisions')).toEqual([{ tries: 3 }])
    } finally {
      await db.$executeRawUnsafe('drop trigger collide on rooms')
    }
  })
})

describe('room', () => {
  test('a room is found by its id, and by its code in any case', async ({ one }) => {
    const ada = await guest(one)
    const { id, code } = await make(ada, {})
    for (const variables of [{ id }, { code }, { code: ` ${code.toLowerCase()} ` }]) {
      expect(await ada.call(room, variables)).toMatchObject({ room: { id, code } })
    }
  })

  test('a room is asked for by exactly one of id and code', async ({ one }) => {
    const ada = await guest(one)
    const { id, code } = await make(ada, {})
    for (const place of [{ id, code }, {}]) {
      const { errors } = await ada.attempt(room, place)
      const fields = [{ path: 'id', message: 'must be given instead of code, and not together with it' }]
      expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields })
    }
  })

  test('a room that only invites lead to looks to others as if it did not exist', async ({ one, two }) => {
    const { id, code } = await make(await guest(one), { access: 'INVITE' })
    const eve = await guest(two)
    const missing = await eve.attempt(room, { id: 'room_01h455vb4pex5vsknk084sn02q' })
    for (const variables of [{ id }, { code }]) {
      const { data, errors } = await eve.attempt(room, variables)
      expect({ data, message: errors?.[0]?.message }).toEqual({
        data: missing.data,
        message: missing.errors?.[0]?.message,
      })
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND')
      expect((await post(one, { query: room, variables })).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
    }
  })

  test('an open room and one with a password are seen by everybody', async ({ one }) => {
    const ada = await guest(one)
    for (const input of [{ access: 'OPEN' }, { access: 'PASSWORD', password: 'open sesame' }]) {
      const { id } = await make(ada, input)
      expect(await post(one, { query: room, variables: { id } })).toMatchObject({ data: { room: { id } } })
    }
  })

  test('what others are in a room is told to its members only', async ({ one }) => {
    const id = await makeRoom(await guest(one))
    const query = 'query ($id: ID!) { room(id: $id) { viewerMembership { role } members { nodes { role } } } }'
    expect(await (await guest(one)).fail(query, { id })).toBe('FORBIDDEN')
    expect((await post(one, { query, variables: { id } })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  test.for(['room_', 'room_01h455vb4pex5vsknk084sn02', 'user_01h455vb4pex5vsknk084sn02q', '7', 'room_\u0000'])(
    'the id %j is no id of a room',
    async (id, { one }) => {
      expect(await (await guest(one)).fail(room, { id })).toBe('BAD_USER_INPUT')
    },
  )

  test.for(['ABCDEFG', 'ABCDEFGHJ', 'ABCDEFG0', 'ABCDEFGI', 'ABCD\u0000FGH', 'ABCDÉFGH'])(
    'the code %j is no code of a room',
    async (code, { one }) => {
      expect(await (await guest(one)).fail(room, { code })).toBe('BAD_USER_INPUT')
    },
  )

  test('cursor, count and history of one answer are of one moment', async ({ one, two }) => {
    const ada = await guest(one)
    const bob = await guest(two)
    const id = await makeRoom(ada, [bob])
    const query = `query ($id: ID!, $node: ID!) {
      room(id: $id) { ...Moment }
      node(id: $node) { ...Moment }
      viewer { memberships { nodes { room { ...Moment } } } }
    }
    fragment Moment on Room { eventCursor messageCount last: messages(last: 1) { nodes { number cursor } } lastMessage { number } }`
    interface Moment {
      eventCursor: string
      messageCount: number
      last: { nodes: { number: number; cursor: string }[] }
      lastMessage: { number: number } | null
    }
    interface Moments {
      room: Moment
      node: Moment
      viewer: { memberships: { nodes: { room: Moment }[] } }
    }
    let sending = true
    const sends = (async () => {
      while (sending) await send(bob, id, 'tick')
    })()
    try {
      const seen = new Set<number>()
      while (seen.size < 15) {
        const moments = await ada.call<Moments>(query, { id, node: id })
        const all = [moments.room, moments.node, ...moments.viewer.memberships.nodes.map((node) => node.room)]
        for (const { eventCursor, messageCount, last, lastMessage } of all) {
          expect(last.nodes[0]?.number ?? 0).toBe(messageCount)
          expect(lastMessage?.number ?? 0).toBe(messageCount)
          // nothing but messages happens here once the two have joined
          if (messageCount > 0) expect(eventCursor).toBe(last.nodes[0]?.cursor)
          seen.add(messageCount)
        }
      }
    } finally {
      sending = false
      await sends
    }
  })
})
