import { judge } from '../access/access.ts'
import type { Refusal, RoomAction } from '../access/policy.ts'
import { notFound } from '../errors.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { ErrorCodeRef } from '../graphql/error-codes.ts'
import { RoomRef } from './schema.ts'

/** Who asks for what they may, of which room. */
interface Asked {
  readonly roomId: string
}

const Permission = builder.objectRef<{ refusal: Refusal | null }>('Permission').implement({
  description: 'Whether the viewer may do something now, and if not, why.',
  fields: (t) => ({
    isAllowed: t.boolean({ description: 'Whether it is allowed.', resolve: ({ refusal }) => refusal === null }),
    code: t.field({
      type: ErrorCodeRef,
      nullable: true,
      description: 'The code that the attempt would fail with. Null when it is allowed.',
      resolve: ({ refusal }) => refusal?.code ?? null,
    }),
    retryAfterMs: t.int({
      nullable: true,
      description: 'Milliseconds after which it may be allowed. Null when waiting alone does not help.',
      resolve: ({ refusal }) => {
        const ms = refusal?.retryAfterMs
        // a mute may last longer than an Int can say
        return ms === undefined ? null : Math.min(ms, 2 ** 31 - 1)
      },
    }),
  }),
})

/** Each field of RoomPermissions: the action of `roomPolicy` that it asks for, and what it says. */
const permissions = {
  see: ['see', 'See that the room exists, and its settings.'],
  read: ['read', 'Read its messages, and follow it.'],
  join: ['join', 'Become a member. It does not say whether the password is known, or the room full.'],
  leave: ['leave', 'Stop being a member.'],
  send: ['send', 'Send a message now.'],
  moderateMessages: ['moderateMessages', 'Delete messages of others.'],
  pin: ['pinMessages', 'Pin and unpin messages.'],
  invite: ['manageInvites', 'Make an invite.'],
  manageInvites: ['manageInvites', 'List and revoke invites.'],
  addMembers: ['addMembers', 'Add users as members.'],
  removeMembers: ['removeMembers', 'Remove members who stand below the viewer.'],
  ban: ['banMembers', 'Ban users who stand below the viewer, and lift bans.'],
  mute: ['muteMembers', 'Mute members who stand below the viewer, and lift that.'],
  manageRoles: ['manageRoles', 'Change the roles of members, and hand the room over.'],
  manageRoom: ['manageRoom', 'Change its settings, and archive it.'],
  deleteRoom: ['deleteRoom', 'Delete it.'],
  seeVisits: ['seeVisits', 'See who came and went.'],
} as const satisfies Record<string, readonly [RoomAction, string]>

async function permissionOf(context: Context, { roomId }: Asked, action: RoomAction) {
  const facts = await context.roomFacts.load(roomId)
  if (!facts) throw notFound('room')
  return { refusal: judge(context, { facts, action }) }
}

const RoomPermissions = builder.objectRef<Asked>('RoomPermissions').implement({
  description: 'What the viewer may do with a room now, by the rules that are asked when it is done.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(permissions).map(([name, [action, description]]) => [
        name,
        t.field({
          type: Permission,
          description,
          resolve: (asked, _, context) => permissionOf(context, asked, action),
        }),
      ]),
    ),
})

builder.objectField(RoomRef, 'viewerCan', (t) =>
  t.field({
    type: RoomPermissions,
    description: 'What the viewer may do with it now. Who is not signed in may only see.',
    resolve: ({ id }) => ({ roomId: id }),
  }),
)
