import { isObjectType } from 'graphql'
import { describe, expect } from 'vitest'
import type { RoomAction } from '../../src/access/policy.ts'
import { schema } from '../../src/api/schema.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { permissions } from '../../src/rooms/permissions/schema.ts'
import { carriers, listTypes } from '../oracles/authorization/carriers.ts'
import { documentOf, fieldsOf, type Kind, rootFields, variablesOf } from '../oracles/authorization/documents.ts'
import { type Ask, ownMutations, queries, roomMutations, subscriptions } from '../oracles/authorization/fields.ts'
import { askFields, wordsOf } from '../oracles/authorization/questions.ts'
import { type Actor, actorsIn, type Outcome, outcomeOf, places, type RuleName } from '../oracles/authorization/rules.ts'
import { shapes } from '../oracles/authorization/types.ts'
import { type Cast, copierOf, makeCast, makeWorld, rowsOf, type World } from '../oracles/authorization/world.ts'
import { type Answer, guest } from '../support/client.ts'
import { test as base, uuidOf } from '../support/members.ts'

const test = base
  .extend('cast', { scope: 'file' }, async ({ one }) => makeCast(one))
  .extend('worlds', { scope: 'file' }, async ({ cast, db }) => {
    const worlds: World[] = []
    for (const place of places) worlds.push(await makeWorld(cast, place))
    const visits = worlds.flatMap(({ roomId }) =>
      [cast.member, cast.muted].map(({ userId }) => ({
        ...{ id: newUuidIn(uuidOf(roomId)), roomId: uuidOf(roomId), userId: uuidOf(userId) },
      })),
    )
    await db.roomVisit.createMany({ data: visits })
    return worlds
  })

/** A question of the matrix, and who asks it where. */
interface Cell {
  kind: Kind
  field: string
  ask: Ask
  world: World
  actor: Actor
  expected: Outcome
}

/** All questions of some fields, in all rooms by all actors. */
function cellsOf(kind: Kind, table: Record<string, readonly Ask[]>, worlds: readonly World[]): Cell[] {
  return Object.entries(table).flatMap(([field, asks]) =>
    asks.flatMap((ask) =>
      worlds.flatMap((world) =>
        actorsIn(world.place).flatMap((actor) => {
          const expected = outcomeOf(ask.rule, world.place, actor)
          return expected === null ? [] : [{ kind, field, ask, world, actor, expected }]
        }),
      ),
    ),
  )
}

/** Classifies an answer. */
function judge({ data, errors }: Answer<Record<string, unknown>>, field: string): string {
  if (errors) return String(errors[0]?.extensions.code)
  return data?.[field] === null ? 'null' : 'allowed'
}

async function put({ kind, field, ask, actor }: Cell, world: World): Promise<string> {
  const given = await ask.given(world, actor)
  return judge(await world.cast[actor].attempt(documentOf(kind, field), variablesOf(kind, field, given)), field)
}

const nameOf = ({ field, ask, world, actor }: Cell) => `${field} (${ask.rule}) by ${actor} in ${world.place}`

/** Works through a list, so many at a time, and gives the results in its order. */
async function each<Item, Result>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<Result>) {
  const results: Result[] = []
  const queue = [...items.entries()]
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** Compares what all cells came to with the table. */
async function compare(cells: readonly Cell[], outcome: (cell: Cell) => Promise<string>): Promise<void> {
  const outcomes = await each(cells, 8, outcome)
  const found = cells.map((cell, index) => `${nameOf(cell)}: ${outcomes[index]}`)
  expect(found).toEqual(cells.map((cell) => `${nameOf(cell)}: ${cell.expected}`))
}

describe('the matrix names every', () => {
  for (const [kind, tables] of [
    ['query', [queries]],
    ['mutation', [roomMutations, ownMutations]],
    ['subscription', [subscriptions]],
  ] as const) {
    test(kind, () => {
      expect(tables.flatMap((table) => Object.keys(table)).sort()).toEqual(Object.keys(rootFields(kind)).sort())
    })
  }

  test('field of every type', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
    const types = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => !type.name.startsWith('__') && !roots.includes(type))
    const judged = Object.entries(shapes).map(([name, { fields }]) => [
      name,
      Object.values(fields)
        .flatMap(wordsOf)
        .map(({ name }) => name)
        .sort(),
    ])
    const lists = types.flatMap(({ name }) =>
      Object.entries(listTypes).flatMap(([end, fields]) => (name.endsWith(end) ? [[name, fields.split(' ')]] : [])),
    )
    const known = [...judged, ...lists, ...Object.entries(carriers).map(([name, fields]) => [name, fields.split(' ')])]
    const there = types.map(({ name }) => [name, Object.keys(fieldsOf(name)).sort()])
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(there))
  })
})

describe('everybody is answered as the matrix says', () => {
  test('by queries', async ({ worlds }) => {
    await compare(cellsOf('query', queries, worlds), (cell) => put(cell, cell.world))
  })

  test('by fields', async ({ worlds }) => {
    const questions = Object.entries(shapes).flatMap(([type, shape]) =>
      worlds.flatMap((world) =>
        actorsIn(world.place).flatMap((actor) =>
          Object.entries(shape.fields).flatMap(([rule, words]) => {
            const outcome = (name: RuleName) => outcomeOf(name, world.place, actor)
            const isRefused = shape.inRoom && outcome('visible') !== 'allowed'
            const expected = outcome(isRefused ? 'visible' : (rule as RuleName))
            return expected === null ? [] : [{ type, shape, world, actor, words, expected }]
          }),
        ),
      ),
    )
    const found = await each(questions, 8, async ({ type, shape, world, actor, words, expected }) => {
      const outcomes = await askFields({
        type,
        shape,
        world,
        actor,
        words,
        isRefused: expected !== 'allowed' && expected !== 'null',
      })
      return outcomes
        .filter(
          ({ outcome, mayBeNull }) =>
            outcome !== expected && !(mayBeNull && expected === 'allowed' && outcome === 'null'),
        )
        .map(({ name, outcome }) => `${type}.${name} by ${actor} in ${world.place}: ${outcome}, not ${expected}`)
    })
    expect(found.flat()).toEqual([])
  })

  test('by subscriptions', async ({ worlds }) => {
    await compare(cellsOf('subscription', subscriptions, worlds), async ({ field, ask, world, actor }) => {
      const given = await ask.given(world, actor)
      const stream = world.cast[actor].follow(documentOf('subscription', field), given)
      try {
        return judge(await stream.next(), field)
      } catch (error) {
        const code = /"code":"(\w+)"/.exec(String(error))?.[1]
        if (!code) throw error
        return code
      } finally {
        stream.stop()
      }
    })
  })

  test('by mutations that are refused, which change nothing', async ({ worlds, db }) => {
    const refused = cellsOf('mutation', roomMutations, worlds).filter(({ expected }) => expected !== 'allowed')
    const rows = () => Promise.all(worlds.map(({ roomId }) => rowsOf(db, roomId)))
    const before = await rows()
    await compare(refused, (cell) => put(cell, cell.world))
    expect(await rows()).toEqual(before)
  })

  test('by mutations that are allowed', async ({ worlds, db }) => {
    const copiers = new Map(await Promise.all(worlds.map(async (world) => [world, await copierOf(db, world)] as const)))
    const allowed = cellsOf('mutation', roomMutations, worlds).filter(({ expected }) => expected === 'allowed')
    await compare(allowed, async (cell) => {
      const copy = await copiers.get(cell.world)?.()
      return put(cell, copy ?? cell.world)
    })
  })

  test('by mutations of their own affairs', async ({ worlds, cast, one }) => {
    const [open] = worlds
    const cells = cellsOf('mutation', ownMutations, open ? [open] : [])
    const some = cells.filter(({ actor }) => actor === 'nobody' || actor === 'stranger')
    await compare(some, async (cell) => {
      const fresh: Cast = { ...cast, stranger: await guest(one) }
      return put(cell, { ...cell.world, cast: fresh })
    })
  })
})

/** The rule of the matrix that each action of the policy goes by. */
const rulesOfActions: Record<RoomAction, RuleName> = {
  see: 'visible',
  read: 'members',
  listMembers: 'members',
  join: 'joinersWithPassword',
  joinByInvite: 'invited',
  leave: 'leavers',
  send: 'senders',
  type: 'senders',
  mentionEveryone: 'adminsUnlessArchived',
  react: 'speakers',
  editOwnMessage: 'speakers',
  deleteOwnMessage: 'deleters',
  report: 'readers',
  markRead: 'members',
  setNotifications: 'members',
  moderateMessages: 'moderators',
  pinMessages: 'pinners',
  manageInvites: 'adminsUnlessArchived',
  seeInvites: 'admins',
  addMembers: 'adminsUnlessArchived',
  removeMembers: 'admins',
  banMembers: 'admins',
  muteMembers: 'admins',
  manageRoles: 'owner',
  manageRoom: 'admins',
  deleteRoom: 'owner',
  seeVisits: 'admins',
  seeOwnVisits: 'members',
  hide: 'hiders',
}

test('viewerCan says of every action of the policy what the matrix says of doing it', async ({ worlds }) => {
  const fields = Object.values(permissions).map(([name]) => `${name} { isAllowed code }`)
  const query = `query ($id: ID!) { room(id: $id) { viewerCan { ${fields.join(' ')} } } }`
  type Said = Record<string, { isAllowed: boolean; code: string | null }>
  const found: string[] = []
  const expected: string[] = []
  for (const { place, roomId, cast } of worlds) {
    for (const actor of actorsIn(place).filter((who) => outcomeOf('visible', place, who) === 'allowed')) {
      const { room } = await cast[actor].call<{ room: { viewerCan: Said } }>(query, { id: roomId })
      // a member who joins stays one
      const isMember = outcomeOf('members', place, actor) === 'allowed'
      for (const [action, [name]] of Object.entries(permissions)) {
        // the keys are those of the policy
        const outcome = outcomeOf(rulesOfActions[action as RoomAction], place, actor)
        if (outcome === null || (isMember && name.startsWith('join'))) continue
        const said = room.viewerCan[name]
        const line = `${name} by ${actor} in ${place}`
        found.push(`${line}: ${said?.isAllowed ? 'allowed' : said?.code}`)
        // what is named by an id is not there for who is no member
        expected.push(`${line}: ${outcome === 'NOT_FOUND' ? 'FORBIDDEN' : outcome}`)
      }
    }
  }
  expect(found).toEqual(expected)
})
