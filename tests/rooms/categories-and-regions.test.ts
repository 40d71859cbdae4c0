import { countries, type ICountry } from 'countries-list'
import { describe, expect } from 'vitest'
import { roomLimits } from '../../src/config/rooms.ts'
import { moveRegion } from '../../src/rooms/discovery/regions/service.ts'
import { type Answer, guest, post } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { make, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

interface Region {
  id: string
  code: string
  name: string
  parent: { code: string } | null
  children: Region[]
}

const regions =
  '{ regions { id code name parent { code } children { id code name parent { code } children { code } } } }'
const roots = async (server: { url: string }) =>
  ((await post<{ regions: Region[] }>(server, { query: regions })) as Answer<{ regions: Region[] }>).data?.regions ?? []

describe('at first', () => {
  test('there are all countries of ISO 3166 under their continents, by name', async ({ one }) => {
    const continents = await roots(one)
    const names = continents.map(({ name }) => name)
    expect(names).toEqual(['Africa', 'Antarctica', 'Asia', 'Europe', 'North America', 'Oceania', 'South America'])
    const codes = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const
    for (const [index, { code, parent, children }] of continents.entries()) {
      expect(code).toMatch(/^\d{3}$/)
      expect(parent).toBeNull()
      const expected = Object.entries<ICountry>(countries)
        // parts of Saint Helena, with codes that ISO only keeps free
        .filter(([country, { continent }]) => continent === codes[index] && country !== 'AC' && country !== 'TA')
        .map(([country, { name }]) => ({ code: country, name, parent: { code }, children: [] }))
      const collator = new Intl.Collator('en')
      expect(children).toMatchObject(expected.toSorted((a, b) => collator.compare(a.name, b.name)))
    }
  })

  test('there are about a dozen categories, in order, for anybody to see', async ({ one }) => {
    const query = '{ categories { id slug name position } }'
    const { data } = await post<{ categories: { id: string; slug: string; position: number }[] }>(one, { query })
    const categories = data?.categories ?? []
    expect(categories.length).toBeGreaterThanOrEqual(12)
    expect(categories.map(({ position }) => position)).toEqual(categories.map((_, index) => index))
    for (const { id } of categories) expect(uuidOf(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/)
  })

  test('the whole tree takes as many statements as it has levels', async ({ one }) => {
    const statements = await statementsOf(() => roots(one))
    expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(5)
  })
})

describe('the commands', () => {
  /** Runs a command on the database of the test. Gives its exit code, and what it printed. */
  async function run(databaseUrl: string, args: readonly string[]) {
    const { code, out, err } = await kabar(databaseUrl, args)
    return { code, printed: out || err }
  }

  test('categories are listed, added, renamed, moved and removed', async ({ databaseUrl, one, db }) => {
    const categories = async (...args: string[]) => run(databaseUrl, ['categories', ...args])
    expect(await categories('add', 'tea', 'Tea & cups')).toEqual({ code: 0, printed: 'Added tea.' })
    const category = await db.category.findUniqueOrThrow({ where: { slug: 'tea' } })
    const ada = await guest(one)
    const { id: roomId } = await make(ada, {})
    await db.room.update({ where: { id: uuidOf(roomId) }, data: { categoryId: category.id } })
    expect((await categories('list')).printed).toMatch(/^1 {2}general .*\n15 {2}tea {2}Tea & cups$/s)
    expect((await categories('move', 'tea', '2')).code).toBe(0)
    expect((await categories('rename', 'tea', 'Tea')).code).toBe(0)
    const { data } = await post<{ categories: { name: string }[] }>(one, { query: '{ categories { name } }' })
    expect(data?.categories.map(({ name }) => name).slice(0, 3)).toEqual(['General', 'Tea', 'Neighbourhood'])
    expect((await categories('remove', 'tea')).code).toBe(0)
    expect(await ada.call('query ($id: ID!) { room(id: $id) { category { slug } } }', { id: roomId })).toEqual({
      room: { category: null },
    })
    expect(await categories('remove', 'tea')).toEqual({ code: 1, printed: 'There is no category "tea".' })
  })

  test('regions are listed, added, renamed and removed, but not with others inside', async ({ databaseUrl, one }) => {
    const run1 = async (...args: string[]) => run(databaseUrl, ['regions', ...args])
    expect((await run1('add', 'ID-JK', 'Jakarta', '--parent', 'ID')).code).toBe(0)
    expect((await run1('add', 'ID-JK-KT', 'Kota Tua', '--parent', 'ID-JK')).code).toBe(0)
    expect((await run1('rename', 'ID-JK', 'Djakarta')).code).toBe(0)
    expect((await run1('list', '--parent', 'ID')).printed).toBe('ID-JK  Djakarta\n  ID-JK-KT  Kota Tua')
    expect((await run1('list')).printed).toContain('\n  ID  Indonesia\n    ID-JK  Djakarta\n')
    expect(await run1('remove', 'ID-JK')).toEqual({
      code: 1,
      printed: 'Djakarta has 1 region(s) inside it: remove those first. Nothing was removed.',
    })
    expect((await run1('remove', 'ID-JK-KT')).code).toBe(0)
    expect((await run1('remove', 'ID-JK')).code).toBe(0)
    const asia = (await roots(one)).find(({ code }) => code === '142')
    expect(asia?.children.find(({ code }) => code === 'ID')?.children).toEqual([])
  })

  test('regions are moved with all inside them, but never into themselves', async ({ databaseUrl, db }) => {
    const run1 = async (...args: string[]) => run(databaseUrl, ['regions', ...args])
    await run1('add', 'N', 'North')
    await run1('add', 'N-1', 'North one', '--parent', 'N')
    await run1('add', 'N-1-A', 'Town', '--parent', 'N-1')
    await run1('add', 'S', 'South')
    expect(await run1('move', 'N-1', '--parent', 'S')).toEqual({ code: 0, printed: 'Moved N-1.' })
    expect((await run1('list', '--parent', 'N')).printed).toBe('')
    expect((await run1('list', '--parent', 'S')).printed).toBe('N-1  North one\n  N-1-A  Town')
    for (const parent of ['S', 'N-1', 'N-1-A']) {
      const { code, printed } = await run1('move', 'S', '--parent', parent)
      expect([code, printed]).toEqual([1, 'South cannot be a part of itself. Nothing was moved.'])
    }
    expect((await run1('move', 'N-1')).code).toBe(0)
    expect((await run1('list')).printed).toContain('\nN-1  North one\n  N-1-A  Town')
    const south = await db.region.findUniqueOrThrow({ where: { code: 'S' } })
    const inside = Array.from({ length: roomLimits.regionsInsideMax }, (_, index) => `S-${index}`)
    await db.region.createMany({ data: inside.map((code) => ({ code, name: code, parentId: south.id })) })
    expect(await run1('move', 'N-1', '--parent', 'S')).toMatchObject({ code: 1 })
    expect(await run1('move', 'S-0', '--parent', 'S')).toMatchObject({ code: 0 })
    await db.region.deleteMany({ where: { parentId: south.id } })
    for (const code of ['S', 'N', 'N-1-A', 'N-1']) expect((await run1('remove', code)).code).toBe(0)
  })

  test('regions moved at once make no circle', async ({ databaseUrl, db }) => {
    const run1 = async (...args: string[]) => run(databaseUrl, ['regions', ...args])
    for (const code of ['X1', 'X2']) await run1('add', code, code)
    const moves = [
      { code: 'X1', parent: 'X2' },
      { code: 'X2', parent: 'X1' },
    ].map((move) => moveRegion({ db }, move))
    const ends = (await Promise.allSettled(moves)).map(({ status }) => status)
    expect(ends.toSorted()).toEqual(['fulfilled', 'rejected'])
    await db.region.updateMany({ where: { code: { in: ['X1', 'X2'] } }, data: { parentId: null } })
    await db.region.deleteMany({ where: { code: { in: ['X1', 'X2'] } } })
  })

  test.for([
    [['categories', 'add', 'general', 'Again'], 'There is already a category "general".'],
    [['categories', 'add', 'Upper', 'x'], 'lower-case letters'],
    [['categories', 'add', 'a--b', 'x'], 'single hyphens'],
    [['categories', 'add', 'x'.repeat(65), 'x'], 'at most 64 characters'],
    [['categories', 'add', 'long', 'x'.repeat(65)], 'at most 64 characters'],
    [['categories', 'add', 'blank', ' '], 'may not be blank'],
    [['categories', 'add', 'turned', '\u202Ex'], 'direction of text'],
    [['categories', 'add', 'half', '\ud800'], 'well-formed'],
    [['categories', 'rename', 'none', 'x'], 'There is no category "none".'],
    [['categories', 'remove', '\u0000'], 'There is no category'],
    [['categories', 'move', 'general', '0'], 'must be from 1 to 14'],
    [['categories', 'move', 'general', '15'], 'must be from 1 to 14'],
    [['categories', 'move', 'general', 'up'], 'must be from 1 to 14'],
    [['regions', 'add', 'ID', 'Again'], 'There is already a region "ID".'],
    [['regions', 'add', 'X'.repeat(33), 'x'], 'at most 32 characters'],
    [['regions', 'add', 'a b', 'x'], 'single hyphens'],
    [['regions', 'add', 'XX', 'x', '--parent', 'none'], 'There is no region "none".'],
    [['regions', 'list', '--parent', 'none'], 'There is no region "none".'],
    [['regions', 'rename', 'none', 'x'], 'There is no region "none".'],
    [['regions', 'move', 'none'], 'There is no region "none".'],
    [['regions', 'move', 'ID', '--parent', 'none'], 'There is no region "none".'],
    [['regions', 'remove', 'none'], 'There is no region "none".'],
  ] as const)('%j is refused', async ([args, reason], { databaseUrl }) => {
    const { code, printed } = await run(databaseUrl, args)
    expect(printed).toContain(reason)
    expect(code).toBe(1)
  })
})

// the last, because it takes away what the others look at
test('what an operator has removed does not come back', async ({ one, start, db }) => {
  await db.region.updateMany({ data: { parentId: null } })
  await db.region.deleteMany()
  await db.category.deleteMany()
  await Promise.all([start(), start()])
  expect(await roots(one)).toEqual([])
})
