import { judge } from '../../access/access.ts'
import type { Refusal, RoomAction } from '../../access/policy.ts'
import { notFound } from '../../errors.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { ErrorCodeRef } from '../../graphql/error-codes.ts'
import { RoomRef } from '../schema.ts'

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

/** The field of RoomPermissions for each action of `roomPolicy`, and what it says. */
export const permissions = {
  see: ['see', 'See that the room exists, and its settings.'],
  read: ['read', 'Read its messages, and follow it.'],
  listMembers: ['listMembers', 'See who is a member, and how many are here.'],
  join: ['join', 'Become a member. It does not say whether the password is known, or the room full.'],
  joinByInvite: [
    'joinByInvite',
    'Become a member by an invite. It does not say whether the invite is good, or the room full.',
  ],
  leave: ['leave', 'Stop being a member.'],
  send: ['send', 'Send a message now.'],
  type: ['type', 'Tell the others that the viewer types.'],
  react: ['react', 'React to messages, and take reactions back.'],
  editOwnMessage: ['editOwn', 'Edit messages of the viewer. It does not say whether one is too old.'],
  deleteOwnMessage: ['deleteOwn', 'Delete messages of the viewer.'],
  report: ['report', 'Report messages of others to those who moderate.'],
  markRead: ['markRead', 'Say what the viewer has read and received.'],
  setNotifications: ['setNotifications', 'Choose which messages to be told of.'],
  moderateMessages: ['moderateMessages', 'Delete messages of others, and deal with reports of them.'],
  pinMessages: ['pin', 'Pin and unpin messages.'],
  manageInvites: ['invite', 'Make an invite.'],
  seeInvites: ['manageInvites', 'List and revoke invites.'],
  addMembers: ['addMembers', 'Add users as members.'],
  removeMembers: ['removeMembers', 'Remove members who stand below the viewer.'],
  banMembers: ['ban', 'See bans, ban users who stand below the viewer, and lift bans.'],
  muteMembers: ['mute', 'Mute members who stand below the viewer, and lift that.'],
  manageRoles: ['manageRoles', 'Change the roles of members, and hand the room over.'],
  manageRoom: ['manageRoom', 'Change its settings, and archive it.'],
  deleteRoom: ['deleteRoom', 'Delete it.'],
  seeVisits: ['seeVisits', 'See who came and went.'],
} as const satisfies Record<RoomAction, readonly [string, string]>

async function permissionOf(context: Context, { roomId }: Asked, action: RoomAction) {
  const facts = await context.roomFacts.load(roomId)
  if (!facts) throw notFound('room')
  return { refusal: judge(context, { facts, action }) }
}

const RoomPermissions = builder.objectRef<Asked>('RoomPermissions').implement({
  description:
    'What the viewer may do with a room now, by the rules that are asked when it is done. What is found by its own id, such as a message, is NOT_FOUND to who is no member, where this says FORBIDDEN.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(permissions).map(([action, [name, description]]) => [
        name,
        t.field({
          type: Permission,
          description,
          // the keys are those of the policy
          resolve: (asked, _, context) => permissionOf(context, asked, action as RoomAction),
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
