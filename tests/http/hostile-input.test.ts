import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type GraphQLArgument, getNullableType, isInputObjectType } from 'graphql'
import { describe, expect } from 'vitest'
import type { Db } from '../../src/database/client.ts'
import { errorCodes } from '../../src/errors.ts'
import { documentOf, fieldsOf, rootFields, variablesOf } from '../oracles/authorization/documents.ts'
import { ownMutations, queries, roomMutations, subscriptions } from '../oracles/authorization/fields.ts'
import { fill, shapes } from '../oracles/authorization/types.ts'
import { copierOf, makeCast, makeWorld, type World } from '../oracles/authorization/world.ts'
import { holdChore } from '../support/chores.ts'
import { type Answer, type Client, guest } from '../support/client.ts'
import { hostileValues, type Known, slowTexts } from '../support/hostile-values.ts'
import { test as base } from '../support/members.ts'

const test = base
  // what is deleted stays as it is
  .extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
    onCleanup(await holdChore(databaseUrl, 'deleted rooms', 'deleted accounts', 'data exports'))
  })
  .extend('world', { scope: 'file' }, async ({ one }) => makeWorld(await makeCast(one), 'OPEN'))
  .extend('copy', { scope: 'file' }, async ({ world, db }) => copierOf(db, world))

type Variables = Record<string, unknown>

/** An argument, or a field of an input object: where it is among the variables. */
interface Place {
  readonly path: readonly string[]
  readonly argument: Pick<GraphQLArgument, 'name' | 'type'>
}

/** All places of a field’s arguments, those inside input objects too. */
function placesOf(args: readonly Pick<GraphQLArgument, 'name' | 'type'>[], above: readonly string[] = []): Place[] {
  return args.flatMap((argument) => {
    const path = [...above, argument.name]
    const type = getNullableType(argument.type)
    const inner = isInputObjectType(type) ? placesOf(Object.values(type.getFields()), path) : []
    return [{ path, argument }, ...inner]
  })
}

/** The variables with another value at a place. */
function replaced(variables: Variables, [name = '', ...rest]: readonly string[], value: unknown): Variables {
  const inner = rest.length > 0 ? replaced((variables[name] ?? {}) as Variables, rest, value) : value
  return { ...variables, [name]: inner }
}

const knownOf = ({ roomId, messages, mediaId, inviteId, reportId, cast, cursor }: World): Known => ({
  roomId,
  cursor,
  ids: [cast.owner.userId, cast.banned.userId, roomId, messages.member, mediaId, inviteId, reportId],
})

/** Why an answer is none that a client may get; null for a fine one and for an error of the closed list. */
function faultOf({ data, errors }: Answer<unknown>): string | null {
  if (!errors) return data === undefined ? 'neither data nor errors' : null
  const codes = errors.map(({ extensions }) => String(extensions.code))
  const bad = codes.find(
    (code) => code === 'INTERNAL' || code === 'SERVICE_UNAVAILABLE' || !Object.hasOwn(errorCodes, code),
  )
  return bad ? `${bad} ${errors[0]?.message}` : null
}

const shown = (value: unknown) => JSON.stringify(value).slice(0, 60)

/** Works through a list, some at a time, and gives the results in its order. */
async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let begin = 0; begin < items.length; begin += 8) {
    results.push(...(await Promise.all(items.slice(begin, begin + 8).map(work))))
  }
  return results
}

/** Fields that change by themselves: presence, attempts, and the servers' own state. */
const restless = [
  'audit_events',
  'server_leases',
  'user_presences',
  'rate_limits',
  'room_visits',
  '_prisma_migrations',
  'signing_keys',
]

/** A hash of each table. */
async function hashes(db: Db): Promise<Record<string, string>> {
  const tables = await db.$queryRaw<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' order by tablename`
  const selects = tables
    .filter(({ name }) => !restless.includes(name))
    .map(
      ({ name }) =>
        `select '${name}' as name, md5(string_agg((to_jsonb(t) - 'last_seen_at')::text, '' order by to_jsonb(t)::text)) as hash from "${name}" t`,
    )
  const rows = await db.$queryRawUnsafe<{ name: string; hash: string }[]>(selects.join(' union all '))
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]))
}

/** Longer than this the server answers nobody while it works on one text. Careless code takes ten seconds or more. */
const stallMsMax = 4_000

/** How long the server stood still at the most while the work was done: it lives in this process. */
async function stallDuring(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  await work()
  delays.disable()
  return delays.max / 1e6
}

test('no text holds everybody up, neither as a value nor in what is said of it', async ({ start }) => {
  const server = await start({ production: true })
  const client = await guest(server)
  const register = 'mutation ($text: String!) { register(input: { username: $text, email: $text }) { accessToken } }'
  const signIn = 'mutation ($text: String!) { signInAsGuest(input: { displayName: $text }) { accessToken } }'
  const search = 'query ($text: String!) { searchMessages(query: $text) { nodes { id } } }'
  const wrong = 'mutation ($text: SignInAsGuestInput!) { signInAsGuest(input: $text) { accessToken } }'
  for (const text of slowTexts(120_000)) {
    for (const query of [register, signIn, search, wrong]) {
      const stall = await stallDuring(() => client.attempt(query, { text }))
      expect(stall, `${query} ${shown(text)}`).toBeLessThan(stallMsMax)
    }
  }
})

describe('whatever is sent, the answer is one of the closed list', () => {
  test('by queries', async ({ world }) => {
    const questions = Object.entries(queries).flatMap(([field, asks]) =>
      placesOf(rootFields('query')[field]?.args ?? []).flatMap(({ path, argument }) =>
        asks
          .slice(0, 1)
          .flatMap((ask) => hostileValues(argument, knownOf(world)).map((value) => ({ field, ask, path, value }))),
      ),
    )
    const faults = await each(questions, async ({ field, ask, path, value }) => {
      const variables = replaced(await ask.given(world, 'owner'), path, value)
      const fault = faultOf(await world.cast.owner.attempt(documentOf('query', field), variables))
      return fault && `${field} ${path.join('.')} ${shown(value)}: ${fault}`
    })
    expect(faults.filter(Boolean)).toEqual([])
    expect(questions.length).toBeGreaterThan(500)
  })

  test('by arguments of fields', async ({ world }) => {
    const questions = Object.entries(shapes).flatMap(([type, shape]) =>
      Object.values(fieldsOf(type)).flatMap((field) =>
        field.args.flatMap((argument) =>
          hostileValues(argument, knownOf(world)).map((value) => ({ type, shape, field, argument, value })),
        ),
      ),
    )
    const faults = await each(questions, async ({ type, shape, field, argument, value }) => {
      const others = field.args
        .filter((arg) => arg !== argument && arg.name === 'direction')
        .map(() => ', direction: INCOMING')
      const last = argument.name === 'before' ? ', last: 5' : ''
      const selection = `${field.name}(${argument.name}: $value${last}${others.join('')}) { __typename }`
      const query = `query ($value: ${String(argument.type)}) { found: ${fill(shape.query, world, selection)} }`
      const fault = faultOf(await world.cast.owner.attempt(query, { value }))
      return fault && `${type}.${field.name} ${argument.name} ${shown(value)}: ${fault}`
    })
    expect(faults.filter(Boolean)).toEqual([])
    expect(questions.length).toBeGreaterThan(500)
  })

  test('by subscriptions', async ({ world }) => {
    const questions = Object.entries(subscriptions).flatMap(([field, asks]) =>
      placesOf(rootFields('subscription')[field]?.args ?? []).flatMap(({ path, argument }) =>
        asks.flatMap((ask) => hostileValues(argument, knownOf(world)).map((value) => ({ field, ask, path, value }))),
      ),
    )
    // messages that are still to come would be waited for
    const answered = questions.filter(({ field, value }) => field !== 'messageAdded' || value !== null)
    const faults = await each(answered, async ({ field, ask, path, value }) => {
      const variables = replaced(await ask.given(world, 'owner'), path, value)
      const stream = world.cast.owner.follow(documentOf('subscription', field), variables)
      const fault = await stream.next().then(faultOf, (error: Error) => {
        const codes = [...error.message.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code ?? '')
        return codes.length > 0 && codes.every((code) => code !== 'INTERNAL' && Object.hasOwn(errorCodes, code))
          ? null
          : error.message
      })
      stream.stop()
      return fault && `${field} ${path.join('.')} ${shown(value)}: ${fault}`
    })
    expect(faults.filter(Boolean)).toEqual([])
  })

  test('by mutations, and those that are refused change nothing', async ({ world, copy, db, one }) => {
    const questions: { place: string; name: string; client: Client; query: string; variables: Variables }[] = []
    for (const [field, [ask]] of Object.entries({ ...roomMutations, ...ownMutations })) {
      const isOwn = field in ownMutations
      for (const { path, argument } of placesOf(rootFields('mutation')[field]?.args ?? [])) {
        const here = isOwn ? world : await copy()
        // for nobody nothing is prepared that would make a mutation of one's own affairs succeed
        const given = variablesOf('mutation', field, (await ask?.given(here, isOwn ? 'nobody' : 'owner')) ?? {})
        const client = isOwn ? await guest(one) : here.cast.owner
        for (const value of hostileValues(argument, knownOf(here))) {
          const place = `${field} ${path.join('.')}`
          questions.push({
            place,
            name: `${place} ${shown(value)}`,
            client,
            query: documentOf('mutation', field),
            variables: replaced(given, path, value),
          })
        }
      }
    }
    const put = ({ client, query, variables }: (typeof questions)[number]) => client.attempt(query, variables)
    const answers = await each(questions, put)
    const faults = answers.map(faultOf).map((fault, index) => fault && `${questions[index]?.name}: ${fault}`)
    expect(faults.filter(Boolean)).toEqual([])

    // once more those that were refused, one for each reason; without a path nothing was executed
    const reasons = new Map(
      questions.flatMap((question, index) => {
        const error = answers[index]?.errors?.[0]
        return error?.path ? [[`${question.place} ${error.message}`, question] as const] : []
      }),
    )
    expect(reasons.size).toBeGreaterThan(100)
    const before = await hashes(db)
    const refused = await each([...reasons.values()], async (question) => [
      question.name,
      !!(await put(question)).errors,
    ])
    expect(refused.filter(([, isRefused]) => !isRefused)).toEqual([])
    expect(await hashes(db)).toEqual(before)
  })
})
