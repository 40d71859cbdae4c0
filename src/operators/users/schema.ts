import type { ServiceContext } from '../../access/context.ts'
import { passwordsByUserIds } from '../../auth/passwords/service.ts'
import { SessionRef } from '../../auth/sessions/schema.ts'
import type { User } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId } from '../../input/ids.ts'
import { parseIdKeyset } from '../../input/keyset.ts'
import { shownName } from '../../users/service.ts'
import { OperatorRef } from '../schema.ts'
import { readAccountSizes } from './queries.ts'
import { listAccounts, listSessionsOf } from './service.ts'

const sizesOf = ({ sql }: ServiceContext, ids: readonly string[]) => readAccountSizes(sql, ids)

const operatorsByUserIds = async ({ db }: ServiceContext, ids: readonly string[]) => {
  const rows = await db.operator.findMany({ where: { userId: { in: [...ids] } } })
  const known = new Set(rows.map((row) => row.userId))
  return ids.map((id) => known.has(id))
}

/** The type of an account as operators see it. */
export const OperatorUserRef = builder.objectRef<User>('OperatorUser').implement({
  description: 'An account as operators see it.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `user_…`.', resolve: ({ id }) => formatId('User', id) }),
    username: t.exposeString('username', { nullable: true, description: 'The username. Null for guests.' }),
    displayName: t.string({ description: 'The name that others see.', resolve: shownName }),
    isGuest: t.exposeBoolean('isGuest', { description: 'True if it is a guest.' }),
    isOperator: t.boolean({
      description: 'True if it is an operator. Only the command line changes operators.',
      resolve: ({ id }, _, context) => load(context, operatorsByUserIds, id),
    }),
    email: t.exposeString('email', { nullable: true, description: 'The e-mail address. Null when none was given.' }),
    emailVerifiedAt: t.expose('emailVerifiedAt', {
      ...{
        type: 'DateTime',
        nullable: true,
        description: 'When the e-mail address was verified. Null when it is not.',
      },
    }),
    phone: t.exposeString('phone', { nullable: true, description: 'The phone number. Null when none was given.' }),
    phoneVerifiedAt: t.expose('phoneVerifiedAt', {
      ...{ type: 'DateTime', nullable: true, description: 'When the phone number was verified. Null when it is not.' },
    }),
    hasPassword: t.boolean({
      description: 'True if it has a password.',
      resolve: ({ id }, _, context) => load(context, passwordsByUserIds, id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      ...{ type: 'DateTime', nullable: true, description: 'When the user was last active. Null when never.' },
    }),
    suspendedAt: t.expose('suspendedAt', {
      ...{ type: 'DateTime', nullable: true, description: 'When it was suspended. Null when it is not.' },
    }),
    deletedAt: t.expose('deletedAt', {
      ...{ type: 'DateTime', nullable: true, description: 'When it was deleted. Null when it is not.' },
    }),
    sessions: t.field({
      type: [SessionRef],
      description: 'Its live sessions, the last used first.',
      resolve: ({ id }, _, context) => listSessionsOf(context, id),
    }),
    roomCount: t.int({
      description: 'The number of rooms that it is a member of.',
      resolve: async ({ id }, _, context) => (await load(context, sizesOf, id)).rooms,
    }),
    mediaBytes: t.float({
      description: 'The bytes of the files that it has uploaded, an integer.',
      resolve: async ({ id }, _, context) => (await load(context, sizesOf, id)).mediaBytes,
    }),
  }),
})

const OperatorUserConnection = builder.connectionObject(
  { type: OperatorUserRef, name: 'OperatorUserConnection', description: 'A page of accounts.' },
  { name: 'OperatorUserEdge', description: 'An account and its cursor.' },
)

builder.objectField(OperatorRef, 'users', (t) =>
  t.field(
    pagedField({
      type: OperatorUserConnection,
      description: 'The accounts that are not deleted, newest first.',
      args: {
        search: t.arg.string({ description: 'A part of a name, or a whole verified e-mail address or phone number.' }),
        isSuspended: t.arg.boolean({ description: 'Only suspended (true) or only other (false) accounts.' }),
      },
      read: (_, { search = null, isSuspended = null, take, keyset }, context) =>
        listAccounts(context, { search, isSuspended, take, afterId: parseIdKeyset(keyset) }),
      edgeOf: (account) => ({ keys: [account.id], node: account }),
    }),
  ),
)
