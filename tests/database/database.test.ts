// Holds schema.prisma and the migrations together, and PostgreSQL to the invariants that it keeps for us.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { v7 as uuid } from 'uuid'
import { describe, expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { openDatabase } from '../../src/database/client.ts'
import { getDatamodel } from '../../src/generated/pothos.ts'
import { test as base, openClient } from '../support/database.ts'

const test = base
  .extend('db', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
    const database = openDatabase({
      url: databaseUrl,
      poolSize: 2,
      statementTimeoutMs: 10_000,
      preparedStatements: true,
      onError: () => {},
    })
    onCleanup(() => database.close())
    return database.db
  })
  .extend('client', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
    const client = await openClient(databaseUrl)
    onCleanup(() => client.end())
    return client
  })

const { models } = getDatamodel().datamodel

/** The queries of a model, whichever it is. */
interface Delegate {
  findFirst(args: object): Promise<unknown>
}

const delegateOf = (db: object, model: string) =>
  (db as Record<string, Delegate | undefined>)[model.charAt(0).toLowerCase() + model.slice(1)]

/** The tables of schema.prisma with their columns. */
function readTables(): Map<string, string[]> {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'prisma', 'schema.prisma'), 'utf8')
  const blocks = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)]
  return new Map(
    blocks.map(([, model = '', body = '']) => {
      const columns = [...body.matchAll(/^ {2}(\w+) +(\w+)(.*)$/gm)].flatMap(([, name = '', type = '', rest = '']) => {
        const isRelation = type in models
        return isRelation ? [] : [/@map\("(\w+)"\)/.exec(rest)?.[1] ?? name]
      })
      return [/@@map\("(\w+)"\)/.exec(body)?.[1] ?? model, columns.toSorted()]
    }),
  )
}

describe('schema.prisma and the migrations say the same', () => {
  test.for(Object.keys(models))('%s can be asked for every column and every relation', async (name, { db }) => {
    const relations = models[name]?.fields.filter((field) => field.kind === 'object') ?? []
    const include = Object.fromEntries(relations.map((field) => [field.name, true]))
    const where = relations.map((field) => ({ [field.name]: field.isList ? { some: {} } : { is: {} } }))
    const delegate = delegateOf(db, name)
    const query = { ...(relations.length > 0 && { include, where: { OR: where } }) }
    // categories and regions have rows from the start
    for (const asked of [query, {}]) expect(await delegate?.findFirst(asked)).not.toBe(undefined)
  })

  test('every table and column is in both', async ({ client }) => {
    const { rows } = await client.query<{ table: string; columns: string[] }>(`
      select table_name::text as table, array_agg(column_name::text order by column_name collate "C") as columns
      from information_schema.columns
      where table_schema = 'public' and table_name <> '_prisma_migrations'
      group by table_name`)
    expect(Object.fromEntries(rows.map(({ table, columns }) => [table, columns]))).toEqual(
      Object.fromEntries(readTables()),
    )
  })
})

describe('the tables', () => {
  test('have an index for every foreign key that begins with its columns', async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(`
      select conname as name
      from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
        select from pg_index
        join pg_attribute on attrelid = conrelid and attnum = conkey[1]
        where indrelid = conrelid
          and coalesce(pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)', attname), true)
          and (string_to_array(indkey::text, ' ')::smallint[])[1:cardinality(conkey)] @> conkey
      )`)
    expect(rows).toEqual([])
  })

  test('have constraints whose names begin with the table', async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(`
      select conname as name
      from pg_constraint
      join pg_class on pg_class.oid = conrelid
      where connamespace = 'public'::regnamespace and not starts_with(conname, relname || '_')`)
    expect(rows).toEqual([])
  })
})

async function insert(client: pg.Client, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row)
  const places = columns.map((_, index) => `$${index + 1}`)
  await client.query(`insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`, Object.values(row))
}

async function addTopic(client: pg.Client): Promise<string> {
  const id = uuid()
  await insert(client, 'topics', { id })
  return id
}

async function addUser(client: pg.Client, row: Record<string, unknown> = {}): Promise<string> {
  const id = await addTopic(client)
  await insert(client, 'users', { id, display_name: 'Ada', is_guest: true, updated_at: new Date(), ...row })
  return id
}

async function addRoom(client: pg.Client, row: Record<string, unknown> = {}): Promise<string> {
  const id = await addTopic(client)
  const code = Array.from({ length: 8 }, () => 'ABCDEFGHJKLMNPQR'.charAt(Math.random() * 16)).join('')
  const group = { kind: 'GROUP', access: 'OPEN', name: 'Lobby', updated_at: new Date() }
  await insert(client, 'rooms', { id, code, ...group, ...row })
  return id
}

/** A direct room of two users, both members. */
async function addDirectRoom(client: pg.Client) {
  const [low = '', high = ''] = [await addUser(client), await addUser(client)].sort()
  const pair = { kind: 'DIRECT', access: 'INVITE', name: null, direct_low_id: low, direct_high_id: high }
  const roomId = await addRoom(client, pair)
  for (const userId of [low, high]) await insert(client, 'members', { room_id: roomId, user_id: userId })
  return { roomId, low, high, pair }
}

async function message(client: pg.Client, row: Record<string, unknown> = {}) {
  const base = { id: uuid(), number: 1, seq: 1, body: 'hi' }
  return { ...base, room_id: await addRoom(client), author_id: await addUser(client), ...row }
}

/** Forbidden states, with the constraint that refuses each. */
const refusals: [string, string, (client: pg.Client) => Promise<unknown>][] = [
  [
    'a second owner of a room',
    'members_room_id_owner_key',
    async (client) => {
      const room_id = await addRoom(client)
      for (let owners = 1; owners <= 2; owners++) {
        await insert(client, 'members', { room_id, user_id: await addUser(client), role: 'OWNER' })
      }
    },
  ],
  [
    'a third member of a direct room',
    'members_direct_pair',
    async (client) => {
      const { roomId } = await addDirectRoom(client)
      await insert(client, 'members', { room_id: roomId, user_id: await addUser(client) })
    },
  ],
  [
    'another in the place of one of the two',
    'members_direct_pair',
    async (client) => {
      const { roomId, low } = await addDirectRoom(client)
      const other = await addUser(client)
      await client.query('update members set user_id = $3 where room_id = $1 and user_id = $2', [roomId, low, other])
    },
  ],
  [
    'a member who is moved into a direct room',
    'members_direct_pair',
    async (client) => {
      const { roomId } = await addDirectRoom(client)
      const [room_id, user_id] = [await addRoom(client), await addUser(client)]
      await insert(client, 'members', { room_id, user_id })
      await client.query('update members set room_id = $1 where user_id = $2', [roomId, user_id])
    },
  ],
  [
    'a second direct room of the same two',
    'rooms_direct_low_id_direct_high_id_key',
    async (client) => addRoom(client, (await addDirectRoom(client)).pair),
  ],
  [
    'a direct room of the two in the wrong order',
    'rooms_direct_order',
    async (client) => {
      const { low, high, pair } = await addDirectRoom(client)
      await addRoom(client, { ...pair, direct_low_id: high, direct_high_id: low })
    },
  ],
  ['a password room without a hash', 'rooms_password_hash_access', (client) => addRoom(client, { access: 'PASSWORD' })],
  [
    'a code with a letter that looks like a digit',
    'rooms_code_format',
    (client) => addRoom(client, { code: 'TEATABLO' }),
  ],
  [
    'a message of one character too many',
    'messages_body_length',
    async (client) =>
      insert(client, 'messages', await message(client, { body: 'é'.repeat(limits.messageLengthMax + 1) })),
  ],
  [
    'two messages of one number',
    'messages_room_id_number_key',
    async (client) => {
      const first = await message(client)
      await insert(client, 'messages', first)
      await insert(client, 'messages', { ...first, id: uuid() })
    },
  ],
  [
    'two messages of one nonce',
    'messages_room_id_author_id_nonce_key',
    async (client) => {
      const first = await message(client, { nonce: 'n' })
      await insert(client, 'messages', first)
      await insert(client, 'messages', { ...first, id: uuid(), number: 2 })
    },
  ],
  [
    'a deleted message that still says something',
    'messages_body_tombstone',
    async (client) => insert(client, 'messages', await message(client, { deleted_at: new Date() })),
  ],
  [
    'a message that says nothing, and is not deleted',
    'messages_body_text',
    async (client) => insert(client, 'messages', await message(client, { body: null })),
  ],
  [
    'a feed that was trimmed beyond its head',
    'topics_head_range',
    (client) => insert(client, 'topics', { id: uuid(), head: 1, floor: 2 }),
  ],
  ['a feed with a negative head', 'topics_head_range', (client) => insert(client, 'topics', { id: uuid(), head: -1 })],
  [
    'a username in upper case',
    'users_username_format',
    (client) => addUser(client, { username: 'Ada', is_guest: false }),
  ],
  [
    'a friendship of two in the wrong order',
    'friendships_pair_order',
    async (client) => {
      const [low = '', high = ''] = [await addUser(client), await addUser(client)].sort()
      await insert(client, 'friendships', { low_id: high, high_id: low, requester_id: low })
    },
  ],
]

describe('PostgreSQL refuses', () => {
  test.for(refusals)('%s', async ([, constraint, attempt], { client }) => {
    await expect(attempt(client)).rejects.toMatchObject({ constraint })
  })

  test('nothing that is just within its bounds', async ({ client }) => {
    await insert(client, 'messages', await message(client, { body: '🍵'.repeat(limits.messageLengthMax) }))
    // of nothing but files, of the server, and deleted
    const ofServer = { body: null, kind: 'SYSTEM', system_action: 'JOINED' }
    for (const row of [{ body: '' }, ofServer, { body: null, deleted_at: new Date() }]) {
      await insert(client, 'messages', await message(client, row))
    }
    await insert(client, 'topics', { id: uuid(), head: 2, floor: 2 })
    await insert(client, 'members', { room_id: await addRoom(client), user_id: await addUser(client), role: 'OWNER' })
  })
})
