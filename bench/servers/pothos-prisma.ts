// The same reads through Pothos' Prisma plugin as its documentation shows: connections and relations, no queries of ours.

import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import { createYoga } from 'graphql-yoga'
import pg from 'pg'
import type PrismaTypes from '../../src/generated/pothos.ts'
import { getDatamodel } from '../../src/generated/pothos.ts'
import { openPrisma } from '../prisma.ts'
import { listen } from './listen.ts'
import { serve } from './serve.ts'
import { countStatements } from './statements.ts'

await serve(async ({ databaseUrl, poolSize }) => {
  const statements = countStatements(pg)
  const db = openPrisma(databaseUrl, poolSize)
  const builder = new SchemaBuilder<{
    PrismaTypes: PrismaTypes
    Context: { userId: string }
    Scalars: { DateTime: { Input: Date; Output: Date } }
  }>({
    plugins: [PrismaPlugin, RelayPlugin],
    prisma: { client: db, dmmf: getDatamodel() },
    relay: { cursorType: 'String' },
  })

  builder.scalarType('DateTime', { serialize: (date) => date.toISOString() })
  builder.prismaObject('User', {
    fields: (t) => ({ id: t.exposeID('id'), displayName: t.exposeString('displayName') }),
  })
  builder.prismaObject('Message', {
    fields: (t) => ({
      id: t.exposeID('id'),
      number: t.exposeInt('number'),
      body: t.exposeString('body', { nullable: true }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      author: t.relation('author', { nullable: true }),
    }),
  })
  builder.prismaObject('Room', {
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { nullable: true }),
      messages: t.relatedConnection('messages', { cursor: 'id', query: { orderBy: { number: 'desc' } } }),
      newest: t.relation('messages', { query: { orderBy: { number: 'desc' }, take: 1 } }),
    }),
  })
  builder.prismaObject('Member', {
    fields: (t) => ({
      lastReadNumber: t.exposeInt('lastReadNumber'),
      unreadCount: t.int({
        select: { room: { select: { topic: { select: { lastNumber: true } } } } },
        resolve: (member) => member.room.topic.lastNumber - member.lastReadNumber,
      }),
      room: t.relation('room'),
    }),
  })
  builder.queryType({
    fields: (t) => ({
      // as every server must, it asks whether the viewer is a member; findFirst would read the whole room (no LIMIT)
      room: t.prismaField({
        type: 'Room',
        nullable: true,
        args: { id: t.arg.id({ required: true }) },
        resolve: (query, _, { id }, { userId }) =>
          db.room.findUnique({ ...query, where: { id: String(id), members: { some: { userId } } } }),
      }),
      memberships: t.prismaConnection({
        type: 'Member',
        cursor: 'roomId_userId',
        resolve: (query, _parent, _args, { userId }) =>
          db.member.findMany({ ...query, where: { userId }, orderBy: { room: { topic: { activeAt: 'desc' } } } }),
      }),
    }),
  })

  const yoga = createYoga({
    schema: builder.toSchema(),
    maskedErrors: false,
    graphiql: false,
    logging: false,
    context: ({ request }) => ({ userId: request.headers.get('x-user-id') ?? '' }),
  })
  const { url } = await listen(yoga)
  return { url, statements }
})
