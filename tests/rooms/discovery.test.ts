import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Db } from '../../src/database/client.ts'
import { formatId } from '../../src/input/ids.ts'
import { type ListQuery, listStatement, type RoomOrder } from '../../src/rooms/discovery/queries.ts'
import { type Client, guest, join, post, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { ban, make, openDirect, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

const discoverRooms = `query ($filter: DiscoverRoomsFilter, $orderBy: RoomOrder, $first: Int, $after: String) {
  discoverRooms(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges { cursor node { id name } } pageInfo { hasNextPage endCursor }
  }
}`
interface Found {
  discoverRooms: {
    edges: { cursor: string; node: { id: string; name: string } }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}
type Variables = Record<string, unknown>

const find = async (client: Client, variables: Variables = {}) =>
  (await client.call<Found>(discoverRooms, { first: 100, ...variables })).discoverRooms
const names = async (client: Client, filter: Variables, orderBy = 'NAME') =>
  (await find(client, { filter, orderBy })).edges.map(({ node }) => node.name)

/** A category of its own, so that a test sees only its own rooms. */
async function makeCategory(db: Db): Promise<string> {
  const { id } = await db.category.create({ data: { slug: `test-${randomUUID()}`, name: 'Test' } })
  return formatId('Category', id)
}

const orders: readonly RoomOrder[] = ['MOST_ACTIVE', 'NEWEST', 'MOST_MEMBERS', 'NAME']

describe('discoverRooms', () => {
  test('open rooms and those with a password are listed; hidden, direct, archived and deleted ones are not', async ({
    one,
    db,
  }) => {
    const [ada, eve] = [await guest(one), await guest(one)]
    const categoryId = await makeCategory(db)
    await make(ada, { name: 'Open', categoryId })
    await make(ada, { name: 'Secret', categoryId, access: 'PASSWORD', password: 'sesame' })
    await make(ada, { name: 'Hidden', categoryId, access: 'INVITE' })
    const direct = await openDirect(ada, eve)
    const archived = await make(ada, { name: 'Archived', categoryId })
    await db.room.update({ where: { id: uuidOf(archived.id) }, data: { archivedAt: new Date() } })
    const deleted = await make(ada, { name: 'Deleted', categoryId })
    await ada.call('mutation ($id: ID!) { deleteRoom(input: { roomId: $id }) { roomId } }', { id: deleted.id })
    for (const client of [ada, eve]) {
      expect(await names(client, { categoryId })).toEqual(['Open', 'Secret'])
      expect(await names(client, { categoryId, access: 'PASSWORD' })).toEqual(['Secret'])
      expect(await names(client, { categoryId, access: 'OPEN' })).toEqual(['Open'])
      const { edges } = await find(client, { orderBy: 'NEWEST' })
      expect(edges.map(({ node }) => node.id)).not.toContain(direct)
    }
    const { data } = await post<Found>(one, { query: discoverRooms, variables: { filter: { categoryId } } })
    expect(data?.discoverRooms.edges).toHaveLength(2)
  })

  test('a listed room keeps its messages and members to itself', async ({ one, db }) => {
    const [ada, eve] = [await guest(one), await guest(one)]
    const categoryId = await makeCategory(db)
    const { id } = await make(ada, { name: 'Secret', categoryId, access: 'PASSWORD', password: 'sesame' })
    await send(ada, id, 'hush')
    for (const field of ['lastMessage { body }', 'members { nodes { role } }', 'messages { nodes { body } }']) {
      const query = `query ($categoryId: ID) {
        discoverRooms(filter: { categoryId: $categoryId }) { nodes { name ${field} } }
      }`
      const { data, errors } = await eve.attempt(query, { categoryId })
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
      expect(JSON.stringify(data)).not.toContain('hush')
    }
  })

  test('rooms that the viewer is banned from are left out for as long as the ban lasts', async ({ one, db }) => {
    const [ada, eve] = [await guest(one), await guest(one)]
    const categoryId = await makeCategory(db)
    const { id } = await make(ada, { name: 'Closed to Eve', categoryId })
    const past = await make(ada, { name: 'Forgiven', categoryId })
    await ban(db, id, eve)
    await ban(db, past.id, eve, new Date(Date.now() - 1_000))
    expect(await names(eve, { categoryId })).toEqual(['Forgiven'])
    expect(await names(ada, { categoryId })).toEqual(['Closed to Eve', 'Forgiven'])
  })

  test('a region includes all regions inside it', async ({ one, db }) => {
    const ada = await guest(one)
    const code = () => `T-${randomUUID()}`.slice(0, 20)
    const makeRegion = (parentId: string | null) =>
      db.region.create({ data: { code: code(), name: 'Region', parentId } })
    const country = await makeRegion(null)
    const province = await makeRegion(country.id)
    const city = await makeRegion(province.id)
    const other = await makeRegion(null)
    const idOf = ({ id }: { id: string }) => formatId('Region', id)
    for (const [name, region] of Object.entries({ Country: country, City: city, Other: other })) {
      await make(ada, { name, regionId: idOf(region) })
    }
    expect(await names(ada, { regionId: idOf(country) })).toEqual(['City', 'Country'])
    expect(await names(ada, { regionId: idOf(province) })).toEqual(['City'])
    expect(await names(ada, { regionId: idOf(other) })).toEqual(['Other'])
    expect(await names(ada, { regionId: 'region_01h455vb4pex5vsknk084sn02q' })).toEqual([])
  })

  test('a search forgives typing errors, and takes wildcards and other scripts as they are', async ({ one, db }) => {
    const ada = await guest(one)
    const categoryId = await makeCategory(db)
    for (const name of ['Chess evenings', 'Jakarta food', '100% tea_time', '日本語を話そう', 'Ćevapčići']) {
      await make(ada, { name, categoryId })
    }
    const found = (search: string) => names(ada, { categoryId, search })
    for (const search of ['chess', 'CHES', 'evnings', 'chess evenngs', 'chss', 'evennigs', ' Chess ']) {
      expect(await found(search), search).toEqual(['Chess evenings'])
    }
    expect(await found('jakrta')).toEqual(['Jakarta food'])
    expect(await found('0% t')).toEqual(['100% tea_time'])
    expect(await found('日本')).toEqual(['日本語を話そう'])
    for (const search of ['ćevap', 'CEVAP', 'cevapcici']) expect(await found(search)).toContain('Ćevapčići')
    for (const search of ['%', '_']) expect(await found(search)).toEqual(['100% tea_time'])
    for (const search of ['\\', 'football', "' or true --"]) expect(await found(search), search).toEqual([])
    for (const search of ['', '  ']) expect(await found(search)).toHaveLength(5)
  })

  test('each order is what it says, and its equals are in the order of their ids', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const categoryId = await makeCategory(db)
    const first = await make(ada, { name: 'beta', categoryId })
    const second = await make(ada, { name: 'Älpha', categoryId })
    const third = await make(ada, { name: 'gamma', categoryId })
    for (const client of [bob, eve]) await join(client, second.id)
    await join(bob, first.id)
    await db.room.updateMany({
      where: { id: { in: [first, second, third].map(({ id }) => uuidOf(id)) } },
      data: { activeAt: new Date(Date.now() - 61_000) },
    })
    await send(ada, first.id, 'hello')
    expect(await names(ada, { categoryId }, 'NAME')).toEqual(['Älpha', 'beta', 'gamma'])
    expect(await names(ada, { categoryId }, 'NEWEST')).toEqual(['gamma', 'Älpha', 'beta'])
    expect(await names(ada, { categoryId }, 'MOST_MEMBERS')).toEqual(['Älpha', 'beta', 'gamma'])
    // equal, and so by id, the highest first
    expect(await names(ada, { categoryId }, 'MOST_ACTIVE')).toEqual(['beta', 'gamma', 'Älpha'])
  })

  test('a room is touched by a send once a minute, and not each time', async ({ one, two, db }) => {
    const ada = await guest(one)
    const { id } = await make(ada, {})
    const activeAt = async () => (await db.room.findUniqueOrThrow({ where: { id: uuidOf(id) } })).activeAt.getTime()
    const made = await activeAt()
    await send(ada, id, 'at once')
    expect(await activeAt()).toBe(made)
    await db.room.update({ where: { id: uuidOf(id) }, data: { activeAt: new Date(made - 61_000) } })
    await Promise.all(['a', 'b', 'c'].map((body, index) => send(index === 1 ? ada.at(two) : ada, id, body)))
    expect(await activeAt()).toBeGreaterThanOrEqual(made)
  })

  test('rooms with their permissions and cursors take as many statements as one', async ({ one, db }) => {
    const ada = await guest(one)
    const categoryId = await makeCategory(db)
    const query = `query ($categoryId: ID) {
      discoverRooms(filter: { categoryId: $categoryId }) {
        nodes { name eventCursor messageCount category { slug } viewerMembership { role } viewerCan { join { isAllowed } } }
      }
    }`
    await make(ada, { categoryId })
    const few = await statementsOf(() => ada.call(query, { categoryId }))
    for (let index = 0; index < 5; index++) await make(ada, { categoryId })
    const many = await statementsOf(() => ada.call(query, { categoryId }))
    expect(many.length, many.join('\n')).toBe(few.length)
  })
})

describe('pages', () => {
  /** Makes rooms by SQL, many of them equal in each order. */
  const fill = (db: Db, count: number, categoryId: string | null) => db.$executeRaw`
    with made as (
      select gen_random_uuid() as id, place from generate_series(1, ${count}::integer) as place
    ), added as (
      insert into topics (id) select id from made
    )
    insert into rooms (id, code, kind, access, name, category_id, member_count, created_at, updated_at, active_at)
    select id, translate(upper(substr(md5(id::text), 1, 8)), '01', 'YZ'), 'GROUP', 'OPEN', 'Room ' || place % 40, ${categoryId}::uuid, 1 + place % 20,
      date_trunc('minute', now()) - (place % 50) * interval '1 hour', now(), date_trunc('minute', now()) - (place % 30) * interval '1 hour'
    from made
    on conflict do nothing`

  test.for(orders)('%s joins its pages without a gap or repeat while rooms are made', async (orderBy, { one, db }) => {
    const ada = await guest(one)
    const categoryId = await makeCategory(db)
    const filter = { categoryId }
    await fill(db, 250, uuidOf(categoryId))
    const rooms = await db.room.findMany({ where: { categoryId: uuidOf(categoryId) }, select: { id: true } })
    const seen: string[] = []
    let after: string | null = null
    for (;;) {
      const page: Found['discoverRooms'] = await find(ada, { filter, orderBy, first: 40, after })
      seen.push(...page.edges.map(({ node }) => uuidOf(node.id)))
      await make(ada, { name: 'Room 7', categoryId })
      after = page.pageInfo.endCursor
      if (!page.pageInfo.hasNextPage) break
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(rooms.map(({ id }) => id).filter((id) => !seen.includes(id))).toEqual([])
  })

  test.for(orders)('%s is served by its index', async (order, { databaseUrl, one, db }) => {
    await guest(one)
    await fill(db, 5_000, null)
    const client = await connect(databaseUrl)
    // also brings in what the GIN index has put off
    await client.query('vacuum analyze rooms')
    const planOf = async (query: Partial<ListQuery>) => {
      const whole = {
        viewerId: randomUUID(),
        search: null,
        categoryId: null,
        regionId: null,
        access: null,
        after: null,
      }
      const { text, values } = listStatement({ ...whole, order, take: 51, ...query })
      const { rows } = await client.query<{ 'QUERY PLAN': string }>({ text: `explain ${text}`, values })
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    const index = {
      MOST_ACTIVE: 'rooms_listed_active_at_idx',
      NEWEST: 'rooms_listed_created_at_idx',
      MOST_MEMBERS: 'rooms_listed_member_count_idx',
      NAME: 'rooms_listed_name_idx',
    }[order]
    const key = { MOST_ACTIVE: new Date(), NEWEST: new Date(), MOST_MEMBERS: 9, NAME: 'room 2' }[order]
    for (const query of [{}, { viewerId: null }, { after: { key, id: randomUUID() } }]) {
      const plan = await planOf(query)
      expect(plan).toContain(index)
      // an index that gives the order leaves nothing to sort but the page
      expect(plan.slice(0, plan.indexOf(index)).match(/CTE page[\s\S]*Sort/)).toBeNull()
    }
    // a table of this size is read in no time, and so the planner would
    await client.query('set enable_seqscan = off')
    expect(await planOf({ search: 'Zanzibar' })).toContain('rooms_listed_name_trgm_idx')
  })

  const place = (keys: unknown) => Buffer.from(JSON.stringify(keys)).toString('base64url')
  const id = randomUUID()

  test('a cursor of another order, and what is none, is refused', async ({ one, db }) => {
    const ada = await guest(one)
    const categoryId = await makeCategory(db)
    await make(ada, { categoryId })
    for (const orderBy of orders) {
      const [edge] = (await find(ada, { filter: { categoryId }, orderBy })).edges
      for (const other of orders) {
        const result = await ada.attempt<Found>(discoverRooms, { orderBy: other, after: edge?.cursor })
        expect(result.errors?.[0]?.extensions.code).toBe(other === orderBy ? undefined : 'BAD_USER_INPUT')
      }
    }
    for (const keys of [
      ['NAME', 'a\u0000', id],
      ['NAME', '\ud800', id],
      ['NAME', 'a', 'b'],
      ['NAME', 'a'],
      ['MOST_MEMBERS', '2147483648', id],
      ['MOST_MEMBERS', 'many', id],
      ['MOST_MEMBERS', '1.5', id],
      ['NEWEST', 'yesterday', id],
      ['NEWEST', '2026-13-01T00:00:00Z', id],
      ['MOST_ACTIVE', '', id],
      [],
      'x',
    ]) {
      const orderBy = Array.isArray(keys) ? (keys[0] ?? 'NAME') : 'NAME'
      expect(await ada.fail(discoverRooms, { orderBy, after: place(keys) }), String(keys)).toBe('BAD_USER_INPUT')
    }
    for (const first of [101, -1]) expect(await ada.fail(discoverRooms, { first })).toBe('BAD_USER_INPUT')
  })

  test.for([
    ['U+0000', { search: 'a\u0000' }, 'filter.search'],
    ['half of a surrogate pair', { search: '\udc00' }, 'filter.search'],
    ['a search of 81 characters', { search: '🍵'.repeat(81) }, 'filter.search'],
    ['rooms that are not listed', { access: 'INVITE' }, 'filter.access'],
    ['the id of a room as category', { categoryId: `room_${'0'.repeat(26)}` }, 'filter.categoryId'],
    ['an empty id', { regionId: '' }, 'filter.regionId'],
  ] as const)('%s is refused', async ([, filter, path], { one }) => {
    const ada = await guest(one)
    const { errors } = await ada.attempt(discoverRooms, { filter })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] })
  })

  test('a search may hold 80 characters that control or turn the text, and finds nothing by them', async ({ one }) => {
    const ada = await guest(one)
    for (const search of ['🍵'.repeat(80), '\u202E\u0007', '\u200B'.repeat(80), '<%', '%>']) {
      expect((await ada.attempt(discoverRooms, { filter: { search } })).errors).toBeUndefined()
    }
  })
})
