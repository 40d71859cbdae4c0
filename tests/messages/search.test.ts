import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Sql, sqlOfPrisma } from '../../src/database/sql.ts'
import { Prisma, type PrismaClient } from '../../src/generated/prisma/client.ts'
import { readFound } from '../../src/messages/search/queries.ts'
import { indexMessages } from '../../src/messages/search/reindex.ts'
import { toCriteria } from '../../src/messages/search/service.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { leaveRoom, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

const searchQuery = `query ($query: String!, $roomId: ID, $first: Int, $after: String) {
  searchMessages(query: $query, roomId: $roomId, first: $first, after: $after) {
    nodes { id body room { id } author { id } }
    pageInfo { hasNextPage endCursor }
  }
}`

const unfiltered = { authorId: null, sentBefore: null, sentAfter: null, has: [], mentionsViewer: false }

interface Found {
  searchMessages: { nodes: { id: string; body: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

async function search(client: Client, query: string, given: Record<string, unknown> = {}): Promise<string[]> {
  const { searchMessages } = await client.call<Found>(searchQuery, { query, ...given })
  return searchMessages.nodes.map(({ body }) => body)
}

test('words are found as in a web search, the newest first', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  for (const body of ['Green tea, please', 'black TEA', 'coffee', 'tea is green', 'teapot'])
    await send(ada, roomId, body)
  expect(await search(bob, 'tea')).toEqual(['teapot', 'tea is green', 'black TEA', 'Green tea, please'])
  expect(await search(bob, '"tea"')).toEqual(['tea is green', 'black TEA', 'Green tea, please'])
  expect(await search(bob, 'Tea green')).toEqual(['tea is green', 'Green tea, please'])
  expect(await search(bob, '"green tea"')).toEqual(['Green tea, please'])
  expect(await search(bob, 'coffee or black')).toEqual(['coffee', 'black TEA'])
  expect(await search(bob, 'tea -green')).toEqual(['black TEA'])
  expect(await search(bob, 'tea -"green tea"')).toEqual(['tea is green', 'black TEA'])
  expect(await search(bob, 'gre tea')).toEqual([])
  expect(await search(bob, 'milk')).toEqual([])
})

test('scripts without spaces are found by any part of a text', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [chinese, japanese, thai, mixed] = ['今天天气很好。', 'お茶をください', 'ขอชาเขียวหนึ่งถ้วย', 'Kabar 聊天服务器v2']
  const [tibetan, javanese, halfWidth] = ['བཀྲ་ཤིས་བདེ་ལེགས', 'ꦱꦸꦒꦼꦁꦲꦺꦚ꧀ꦗꦁ', 'ｺｰﾋｰｦｸﾀﾞｻｲ']
  for (const body of [chinese, japanese, thai, mixed, tibetan, javanese, halfWidth]) await send(ada, roomId, body)
  expect(await search(ada, '天气')).toEqual([chinese])
  expect(await search(ada, '好')).toEqual([chinese])
  expect(await search(ada, '今天')).toEqual([chinese])
  expect(await search(ada, '茶')).toEqual([japanese])
  expect(await search(ada, 'เขียว')).toEqual([thai])
  expect(await search(ada, 'ཤིས')).toEqual([tibetan])
  expect(await search(ada, 'ꦒꦼꦁ')).toEqual([javanese])
  expect(await search(ada, 'ｸﾀﾞｻｲ')).toEqual([halfWidth])
  expect(await search(ada, 'kabar 聊天')).toEqual([mixed])
  expect(await search(ada, '服务器 v2')).toEqual([mixed])
  // its pairs are all there, but not in a row
  expect(await search(ada, '天天天')).toEqual([])
  expect(await search(ada, '气天')).toEqual([])
})

test('a message is found in whichever form of Unicode it was written', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const bodies = ['crème brûlée', 'がんばって', 'Việt Nam', '각본']
  for (const body of bodies) await send(ada, roomId, body.normalize('NFD'))
  for (const [index, query] of ['brûlée', 'がんば', '"việt nam"', '각본'].entries()) {
    const found = [bodies[index]?.normalize('NFD')]
    expect(await search(ada, query.normalize('NFC')), query).toEqual(found)
    expect(await search(ada, query.normalize('NFD')), query).toEqual(found)
  }
})

test('“or”, -without and “in a row” hold for scripts without spaces too', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [tokyo, osaka, kyoto] = ['東京 tower', '大阪の茶', '京都 東京']
  for (const body of [tokyo, osaka, kyoto]) await send(ada, roomId, body)
  expect(await search(ada, '東京 or 大阪')).toEqual([kyoto, osaka, tokyo])
  expect(await search(ada, '東京 大阪')).toEqual([])
  expect(await search(ada, '京都 or tower')).toEqual([kyoto, tokyo])
  expect(await search(ada, '東京 -京都')).toEqual([tokyo])
  expect(await search(ada, '東京 -tower')).toEqual([kyoto])
  expect(await search(ada, 'tower -"東京"')).toEqual([])
  expect(await search(ada, '-東京')).toEqual([osaka])
  expect(await search(ada, '"東京 tower"')).toEqual([tokyo])
  expect(await search(ada, '"東京" -"大阪 茶"')).toEqual([kyoto, tokyo])
  expect(await search(ada, '東京-tower')).toEqual([tokyo])
  expect(await search(ada, 'text0 or 茶')).toEqual([osaka])
})

test('only rooms of the viewer are searched', async ({ one }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const [roomId, otherId] = [await makeRoom(ada, [bob]), await makeRoom(ada, [eve])]
  await send(ada, roomId, 'a secret here')
  await send(ada, otherId, 'a secret there')
  expect(await search(ada, 'secret')).toEqual(['a secret there', 'a secret here'])
  expect(await search(ada, 'secret', { roomId })).toEqual(['a secret here'])
  expect(await search(bob, 'secret')).toEqual(['a secret here'])
  expect(await search(await guest(one), 'secret')).toEqual([])
  expect(await eve.fail(searchQuery, { query: 'secret', roomId })).toBe('FORBIDDEN')
  expect(await eve.fail(searchQuery, { query: 'secret', roomId: 'room_01h455vb4pex5vsknk084sn02q' })).toBe('NOT_FOUND')
  await bob.call(leaveRoom, { roomId })
  expect(await search(bob, 'secret')).toEqual([])
})

test('what was deleted, or is of somebody blocked, is not found; what was edited is by its new words', async ({
  one,
  db,
}) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const [first, second] = [await send(bob, roomId, 'an apple'), await send(bob, roomId, 'a pear')]
  await bob.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
    id: first.id,
  })
  expect(await search(ada, 'apple')).toEqual([])
  await bob.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "a plum" }) { message { id } } }', {
    id: second.id,
  })
  expect(await search(ada, 'pear')).toEqual([])
  expect(await search(ada, 'plum')).toEqual(['a plum'])
  await db.block.create({ data: { blockerId: uuidOf(ada.userId), blockedId: uuidOf(bob.userId) } })
  expect(await search(ada, 'plum')).toEqual([])
  expect(await search(bob, 'plum')).toEqual(['a plum'])
})

test('pages follow each other while new messages come', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (let index = 1; index <= 5; index++) await send(ada, roomId, `tea ${index}`)
  const { searchMessages: page } = await ada.call<Found>(searchQuery, { query: 'tea', first: 3 })
  expect(page.nodes.map(({ body }) => body)).toEqual(['tea 5', 'tea 4', 'tea 3'])
  expect(page.pageInfo.hasNextPage).toBe(true)
  await send(ada, roomId, 'tea 6')
  expect(await search(ada, 'tea', { first: 3, after: page.pageInfo.endCursor })).toEqual(['tea 2', 'tea 1'])
  expect(await ada.fail(searchQuery, { query: 'tea', after: 'WyJ4Il0' })).toBe('BAD_USER_INPUT')
  expect(await ada.fail(searchQuery, { query: 'tea', first: 101 })).toBe('BAD_USER_INPUT')
})

test('whatever is asked gets an answer', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const body of ["it's a 'quote'", 'room:x & y | z', '100% \\ done']) await send(ada, roomId, body)
  for (const query of ['"', "'", '&|!()<->:*', '\\', "a' | 'b", '%', '"" or', '- -', ':*', '🎉', "'room:x'", '。']) {
    expect(Array.isArray(await search(ada, query)), query).toBe(true)
  }
  // nothing but signs asks for nothing
  expect(await search(ada, '!!!')).toEqual([])
  expect(await search(ada, '100%')).toEqual(['100% \\ done'])
  const longest = 'ab '.repeat(limits.searchLengthMax).slice(0, limits.searchLengthMax - 1)
  expect(await search(ada, `${longest}c`)).toEqual([])
  expect(await search(ada, '茶'.repeat(limits.searchLengthMax))).toEqual([])
  for (const query of ['', ' \n', `${longest}cd`, 'a\0b', '\ud83d']) {
    expect(await ada.fail(searchQuery, { query }), query.slice(0, 9)).toBe('BAD_USER_INPUT')
  }
})

test('among ten thousand messages the index answers', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'a needle in the hay, 一根针')
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, body)
    select gen_random_uuid(), ${uuidOf(roomId)}::uuid, 10 + place, 10 + place, ${uuidOf(ada.userId)}::uuid,
      'hay ' || place || ' ' || md5(place::text)
    from generate_series(1, 10000) as place`
  await indexMessages(sqlOfPrisma(db))
  await db.$executeRaw`analyze messages`
  const plans: string[] = []
  const explain: Sql = async (statement) => {
    const rows = await db.$queryRaw<{ 'QUERY PLAN': string }[]>(Prisma.sql`explain ${statement}`)
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    return []
  }
  const place = { isOneRoom: false, below: null, at: new Date(), matchesMax: limits.searchMatchesMax, take: 51 }
  const asked = { userId: uuidOf(ada.userId), roomIds: [uuidOf(roomId)], ...place }
  for (const query of ['"needle hay"', '一根针', 'need', '针']) {
    const criteria = toCriteria({ ...unfiltered, query }, ada.userId)
    if (criteria) await readFound(explain, { ...asked, criteria })
  }
  expect(plans).toHaveLength(4)
  for (const plan of plans) expect(plan).toContain('messages_terms_idx')
  for (const query of ['needle', '一根针', 'needle hay']) {
    expect(await search(ada, query), query).toEqual(['a needle in the hay, 一根针'])
  }
})

/** Puts messages into a room, one a minute until now: of the bodies that `body` makes of their places. */
async function fill(
  db: PrismaClient,
  { userId }: Client,
  roomId: string,
  body: Prisma.Sql,
  count: number = straws,
): Promise<void> {
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, body, terms, terms_version)
    select (lpad(to_hex(${Date.now()}::bigint - (${count}::bigint - place) * 60000), 12, '0') || '70008' || substr(md5(place::text), 1, 15))::uuid,
      ${uuidOf(roomId)}::uuid, place, place, ${uuidOf(userId)}::uuid, ${body}, to_tsvector('simple', ${body}), 1
    from generate_series(1, ${count}::integer) as place`
  await db.$executeRaw`update topics set last_number = ${count}::integer where id = ${uuidOf(roomId)}::uuid`
}

const straws = limits.searchMatchesMax + 100

test('of more matches than are sorted, the newest come first', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await fill(db, ada, roomId, Prisma.sql`'straw ' || place`)
  const bodies = (from: number, length: number) => Array.from({ length }, (_, index) => `straw ${from - index}`)
  for (const given of [{}, { roomId }]) {
    const { searchMessages: page } = await ada.call<Found>(searchQuery, { query: 'straw', first: 70, ...given })
    expect(page.nodes.map(({ body }) => body)).toEqual(bodies(straws, 70))
    expect(page.pageInfo.hasNextPage).toBe(true)
    const after = page.pageInfo.endCursor
    expect(await search(ada, 'straw', { first: 5, after, ...given })).toEqual(bodies(straws - 70, 5))
  }
})

test('a search that has to pass very many messages ends its pages early, and loses and repeats none', async ({
  one,
  db,
}) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  // in nearly all of them are the words, but not in a row
  await fill(
    db,
    ada,
    roomId,
    Prisma.sql`case when place in (2, 40, 41, 4800) then 'hay straw ' || place else 'straw hay' end`,
    limits.searchSample.rowsMax + limits.searchWalk.rowsMax + 100,
  )
  for (const given of [{}, { roomId }]) {
    const pages: string[][] = []
    for (let after: string | null = null, more = true; more; ) {
      const page: Found = await ada.call(searchQuery, { query: '"hay straw"', first: 2, after, ...given })
      pages.push(page.searchMessages.nodes.map(({ body }) => body))
      after = page.searchMessages.pageInfo.endCursor
      more = page.searchMessages.pageInfo.hasNextPage
    }
    expect(pages.flat()).toEqual([4800, 41, 40, 2].map((place) => `hay straw ${place}`))
    expect(pages.slice(0, -1).some((page) => page.length < 2)).toBe(true)
  }
})

test('a search in one room takes no cursor of a search in all, and the other way round', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const index of [1, 2]) await send(ada, roomId, `tea ${index}`)
  for (const [given, other] of [
    [{}, { roomId }],
    [{ roomId }, {}],
  ]) {
    const { searchMessages: page } = await ada.call<Found>(searchQuery, { query: 'tea', first: 1, ...given })
    const after = page.pageInfo.endCursor
    expect(await search(ada, 'tea', { after, ...given })).toEqual(['tea 1'])
    expect(await ada.fail(searchQuery, { query: 'tea', after, ...other })).toBe('BAD_USER_INPUT')
  }
})

test('where very many messages are searched, some say whether the index is of use', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await fill(db, ada, roomId, Prisma.sql`'straw hay'`, 2 * limits.searchMatchesMax + 1_000)
  // as if there were more of them
  const messages = limits.searchProbe.messagesMin + 1_000
  await db.$executeRaw`update topics set last_number = ${messages}::integer where id = ${uuidOf(roomId)}::uuid`
  const asked = async (query: string) => {
    const statements = await statementsOf(() => search(ada, query, { roomId }))
    return ['countMatches', 'readFound'].filter((name) => statements.some((text) => text.includes(`-- ${name}:`)))
  }
  expect(await asked('"hay straw"')).toEqual(['countMatches'])
  expect(await asked('needle')).toEqual(['countMatches', 'readFound'])
})
