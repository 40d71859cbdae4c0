import { type AuditEvent, AuditKind } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { parseIdKeyset } from '../../input/keyset.ts'
import { OperatorRoomRef } from '../rooms/schema.ts'
import { operatorRoomsByIds } from '../rooms/service.ts'
import { OperatorRef } from '../schema.ts'
import { OperatorUserRef } from '../users/schema.ts'
import { accountsByIds, listAuditEvents } from './service.ts'

const kinds: Record<AuditKind, string> = {
  SIGNED_IN: 'A session was opened; `detail` says how.',
  SIGN_IN_REFUSED: 'A password was wrong.',
  REFRESH_TOKEN_REUSED: 'A refresh token was used twice, so that its session ended.',
  SESSION_ENDED: 'A session was ended.',
  RATE_LIMITED: 'A rate limit was hit; `detail` is the root field.',
  PASSWORD_CHANGED: 'A password was set.',
  CONTACT_VERIFIED: 'An operator has verified contact data; `detail` says which.',
  ROLE_CHANGED: 'The role of a member changed; `detail` is the new one.',
  MEMBER_BANNED: 'A user was banned from a room.',
  MEMBER_UNBANNED: 'A ban was lifted.',
  MEMBER_MUTED: 'A member was muted; `detail` is the end.',
  MEMBER_UNMUTED: 'A mute was lifted.',
  ROOM_DELETED: 'A room was deleted.',
  ACCOUNT_DELETED: 'An account was deleted.',
  EXPORT_REQUESTED: 'A user requested an export of their data.',
  EXPORT_ENDED: 'The export was made, or failed; `detail` says which.',
  MESSAGE_REPORTED: 'A message was reported.',
  REPORT_RESOLVED: 'A report was resolved; `detail` says when its message was deleted.',
  USER_SUSPENDED: 'An account was suspended; `detail` is the reason.',
  USER_RESTORED: 'A suspended account was restored.',
  OPERATOR_ADDED: 'A user became an operator.',
  OPERATOR_REMOVED: 'A user is no operator any more.',
  KEYS_ROTATED: 'The keys of access tokens were rotated.',
  COMMAND_RUN: 'A command was run on the server; `detail` is its name.',
}

const AuditKindRef = builder.enumType('AuditKind', {
  description: 'The kind of a security event.',
  values: Object.fromEntries(Object.values(AuditKind).map((kind) => [kind, { description: kinds[kind] }])) as Record<
    AuditKind,
    { description: string }
  >,
})

const AuditEventRef = builder.objectRef<AuditEvent>('AuditEvent').implement({
  description: 'A security event.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `audit_…`.', resolve: ({ id }) => formatId('AuditEvent', id) }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    kind: t.expose('kind', { type: AuditKindRef, description: 'Its kind.' }),
    actor: t.field({
      type: OperatorUserRef,
      nullable: true,
      description: 'The user who did it. Null for the command line, for the server, and for somebody unknown.',
      resolve: ({ actorId }, _, context) => (actorId ? load(context, accountsByIds, actorId) : null),
    }),
    user: t.field({
      type: OperatorUserRef,
      nullable: true,
      description: 'The user whom it is about. Null when it is about nobody.',
      resolve: ({ userId }, _, context) => (userId ? load(context, accountsByIds, userId) : null),
    }),
    room: t.field({
      type: OperatorRoomRef,
      nullable: true,
      description: 'The room. Null when it has nothing to do with one, or when the room is gone.',
      resolve: ({ roomId }, _, context) => (roomId ? load(context, operatorRoomsByIds, roomId) : null),
    }),
    address: t.exposeString('address', {
      nullable: true,
      description:
        'The network address of the actor. Null when it is unknown, and once an account of the event is deleted.',
    }),
    detail: t.exposeString('detail', {
      nullable: true,
      description: 'A few words: see the kind. Null when there are none.',
    }),
    times: t.exposeInt('times', { description: 'How often it happened: refused attempts are counted.' }),
  }),
})

const AuditEventConnection = builder.connectionObject(
  { type: AuditEventRef, name: 'AuditEventConnection', description: 'A page of security events.' },
  { name: 'AuditEventEdge', description: 'A security event and its cursor.' },
)

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'Selects security events.',
  fields: (t) => ({
    kind: t.field({ type: AuditKindRef, description: 'Only this kind.' }),
    userId: t.id({ description: 'Only what this user did, or what is about them.' }),
    roomId: t.id({ description: 'Only what is about this room.' }),
  }),
})

builder.objectField(OperatorRef, 'auditEvents', (t) =>
  t.field(
    pagedField({
      type: AuditEventConnection,
      description: 'Security events, newest first. They are kept AUDIT_DAYS.',
      args: { filter: t.arg({ type: AuditFilter, description: 'Default: all.' }) },
      read: (_, { filter, take, keyset }, context) =>
        listAuditEvents(context, {
          kind: filter?.kind ?? null,
          ...parseIds(
            { userId: filter?.userId ?? null, roomId: filter?.roomId ?? null },
            { userId: 'User', roomId: 'Room' },
            'filter',
          ),
          ...{ take, afterId: parseIdKeyset(keyset) },
        }),
      edgeOf: (event) => ({ keys: [event.id], node: event }),
    }),
  ),
)
