import { buildSchema, type GraphQLField, isNonNullType, isObjectType } from 'graphql'
import { expect, test as plain } from 'vitest'
import { guest, makeRoom } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { test } from '../support/server.ts'

const schema = buildSchema(readText('schema.graphql'))

/** Every field of an object, by its name with the type; without subscriptions, which have one root field each. */
const fields: [string, GraphQLField<unknown, unknown>][] = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && type !== schema.getSubscriptionType() && !type.name.startsWith('__'))
  .flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]) : [],
  )

const isMarked = ([, { astNode }]: (typeof fields)[number]) =>
  astNode?.directives?.some(({ name }) => name.value === 'semanticNonNull') ?? false
const namesOf = (some: typeof fields) => some.map(([name]) => name)

plain('mutations and fields that name their errors are nullable', () => {
  const failing = fields.filter(
    ([name, { description }]) => name.startsWith('Mutation.') || / Errors?: /.test(description ?? ''),
  )
  expect(failing.length).toBeGreaterThan(80)
  expect(namesOf(failing.filter(([, { type }]) => isNonNullType(type)))).toEqual([])
})

plain('a field that is null with an error alone names its errors', () => {
  const marked = fields.filter(isMarked)
  expect(namesOf(marked)).toContain('Room.members')
  expect(namesOf(marked.filter(([, { description }]) => !/ Errors?: /.test(description ?? '')))).toEqual([])
})

test('a mutation that fails leaves the result of another', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const { data, errors } = await ada.attempt(
    `mutation ($roomId: ID!) {
      a: sendMessage(input: { roomId: $roomId, body: "hi" }) { message { body } }
      b: sendMessage(input: { roomId: $roomId, body: " " }) { message { body } }
    }`,
    { roomId },
  )
  expect(data).toEqual({ a: { message: { body: 'hi' } }, b: null })
  expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'BAD_USER_INPUT' } }])
})

test('a refused field of one room leaves the other rooms of a list', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const name = `Fjord ${ada.userId}`
  await makeRoom(ada, [], name)
  await makeRoom(bob, [ada], name)
  const { data, errors } = await bob.attempt<{ discoverRooms: { nodes: { members: object | null }[] } }>(
    'query ($name: String!) { discoverRooms(filter: { search: $name }) { nodes { name members { nodes { role } } } } }',
    { name },
  )
  const nodes = data?.discoverRooms.nodes ?? []
  expect(nodes).toHaveLength(2)
  expect(nodes).toContainEqual({ name, members: null })
  expect(nodes).toContainEqual({ name, members: { nodes: [{ role: 'OWNER' }, { role: 'MEMBER' }] } })
  expect(errors).toMatchObject([
    { path: ['discoverRooms', 'nodes', expect.any(Number), 'members'], extensions: { code: 'FORBIDDEN' } },
  ])
})

const refused = namesOf(fields.filter(isMarked))
  .filter((name) => name.startsWith('Room.'))
  .map((name) => name.replace('Room.', ''))
const args: Partial<Record<string, string>> = { digest: '(from: 1, to: 1)' }
const selections: Partial<Record<string, string>> = { onlineCount: '' }

test('each field of a room that a stranger may not read is null alone', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [], 'Lobby')
  const asked = refused.map((field) => `${field}${args[field] ?? ''} ${selections[field] ?? '{ __typename }'}`)
  const { data, errors } = await bob.attempt(`query ($id: ID!) { room(id: $id) { name ${asked.join(' ')} } }`, {
    id: roomId,
  })
  expect(data).toEqual({ room: { name: 'Lobby', ...Object.fromEntries(refused.map((field) => [field, null])) } })
  expect(errors?.map(({ path }) => path?.at(-1)).toSorted()).toEqual(refused.toSorted())
})
