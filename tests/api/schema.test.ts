import {
  buildSchema,
  GraphQLString,
  getNamedType,
  type IntrospectionSchema,
  introspectionFromSchema,
  isObjectType,
} from 'graphql'
import { expect, test as plain } from 'vitest'
import { printSchema } from '../../src/api/schema.ts'
import { textBytes } from '../../src/graphql/field-bytes.ts'
import { post } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { test } from '../support/server.ts'

const file = readText('schema.graphql')

plain('schema.graphql is what the code serves', () => {
  expect(file).toBe(printSchema())
})

plain('everything in the schema has a description', () => {
  const { __schema } = introspectionFromSchema(buildSchema(file), { inputValueDeprecation: true })
  const nameless = everything(__schema).filter(({ description }) => !description?.trim())
  expect(nameless.map(({ path }) => path)).toEqual([])
})

/** Texts that are as short as an id: taken for granted as few bytes. */
const shortTexts =
  /(Edge\.cursor|PageInfo\.(start|end)Cursor|(Category|Region|Server)\.(name|slug|code|version)|(Room|Invite|OperatorRoom)\.code|OperatorUser\.(username|email|phone)|ResetUserPasswordPayload\.password|AuditEvent\.address|AuthPayload\.refreshToken|Message\.(nonce|pageCursor)|RoomDigest\.hash|(Viewer|ProfileUpdated)\.(email|phone)|ReactionGroup\.emoji|ResyncRequired\.reason|User\.username)$/

plain('every text of the schema is known to be short, or weighs what it may hold', () => {
  const texts = Object.values(buildSchema(file).getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith('__')
      ? Object.values(type.getFields()).flatMap((field) =>
          getNamedType(field.type) === GraphQLString ? [`${type.name}.${field.name}`] : [],
        )
      : [],
  )
  expect(texts.length).toBeGreaterThan(30)
  expect(texts.filter((name) => !shortTexts.test(name) && !textBytes[name])).toEqual([])
})

interface Described {
  path: string
  description?: string | null | undefined
}

/** Types, fields, arguments, enum values and input fields, each with its path. */
function everything(schema: IntrospectionSchema): Described[] {
  const types = schema.types.filter(({ name }) => !name.startsWith('__') && !builtIn.has(name))
  return types.flatMap((type) => {
    const under = (
      things: readonly { name: string; description?: string | null | undefined }[] | null,
      path = type.name,
    ) => (things ?? []).map(({ name, description }) => ({ path: `${path}.${name}`, description }))
    // introspection has every list on every kind of type, null where it makes no sense
    const fields = ('fields' in type && type.fields) || []
    return [
      { path: type.name, description: type.description },
      ...under(fields),
      ...fields.flatMap((field) => under(field.args, `${type.name}.${field.name}`)),
      ...under('inputFields' in type ? type.inputFields : null),
      ...under('enumValues' in type ? type.enumValues : null),
    ]
  })
}

const builtIn = new Set(['Boolean', 'Float', 'ID', 'Int', 'String'])

test('a field that does not exist is refused without a hint at those that do', async ({ start }) => {
  const server = await start({ production: true, graphiql: false })
  const { errors } = await post(server, { query: '{ viewr { user { idd } } }' })
  expect(errors?.[0]?.message).toContain('viewr')
  expect(JSON.stringify(errors)).not.toMatch(/did you mean/i)
})
