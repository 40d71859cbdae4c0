import { judge } from '../../access/access.ts'
import type { Refusal, RoomAction } from '../../access/policy.ts'
import { notFound } from '../../errors.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { ErrorCodeRef } from '../../graphql/error-codes.ts'
import { RoomRef } from '../schema.ts'

/** A room whose permissions are resolved. */
interface RoomKey {
  readonly roomId: string
}

const Permission = builder.objectRef<{ refusal: Refusal | null }>('Permission').implement({
  description: 'Tells whether the viewer may do something now and, if not, why.',
  fields: (t) => ({
    isAllowed: t.boolean({ description: 'True when it is allowed.', resolve: ({ refusal }) => refusal === null }),
    code: t.field({
      type: ErrorCodeRef,
      nullable: true,
      description: 'The error code with which the attempt would fail. Null when it is allowed.',
      resolve: ({ refusal }) => refusal?.code ?? null,
    }),
    retryAfterMs: t.int({
      nullable: true,
      description: 'Milliseconds after which it may be allowed. Null when waiting alone does not help.',
      resolve: ({ refusal }) => {
        const ms = refusal?.retryAfterMs
        // a mute may last longer than an Int can express
        return ms === undefined ? null : Math.min(ms, 2 ** 31 - 1)
      },
    }),
  }),
})

/** The field of RoomPermissions for each policy action, and its description. */
export const permissions = {
  see: ['see', 'See that the room exists, and its settings.'],
  read: ['read', 'Read its messages, and follow it.'],
  listMembers: ['listMembers', 'List its members, and see how many are online.'],
  join: ['join', 'Become a member. Does not check the password, or whether the room is full.'],
  joinByInvite: [
    'joinByInvite',
    'Become a member by an invite. Does not check the invite, or whether the room is full.',
  ],
  leave: ['leave', 'Stop being a member.'],
  send: ['send', 'Send a message now.'],
  type: ['type', 'Signal that the viewer is typing.'],
  mentionEveryone: [
    'mentionEveryone',
    'Mention all members with `@everyone`, or those who are online with `@here`. Otherwise these are plain text.',
  ],
  react: ['react', 'Add and remove reactions to messages.'],
  editOwnMessage: ['editOwn', 'Edit messages of the viewer. Does not check the edit window.'],
  deleteOwnMessage: ['deleteOwn', 'Delete messages of the viewer, also after leaving.'],
  report: ['report', 'Report messages of others to the moderators.'],
  markRead: ['markRead', 'Mark messages as read and delivered.'],
  setNotifications: ['setNotifications', 'Set the notification level.'],
  moderateMessages: ['moderateMessages', 'Delete messages of others, and resolve reports of them.'],
  pinMessages: ['pin', 'Pin and unpin messages.'],
  manageInvites: ['invite', 'Create an invite.'],
  seeInvites: ['manageInvites', 'List and revoke invites.'],
  addMembers: ['addMembers', 'Add users as members.'],
  removeMembers: ['removeMembers', 'Remove members with a lower role.'],
  banMembers: ['ban', 'List bans, ban users with a lower role, and lift bans.'],
  muteMembers: ['mute', 'Mute members with a lower role, and lift mutes.'],
  manageRoles: ['manageRoles', 'Change the roles of members, and transfer the ownership.'],
  manageRoom: ['manageRoom', 'Change its settings, and archive it.'],
  deleteRoom: ['deleteRoom', 'Delete it.'],
  seeVisits: ['seeVisits', 'See the visits of all members.'],
  seeOwnVisits: ['seeOwnVisits', 'See the visits of the viewer.'],
  hide: ['hide', 'Hide it from the list of the viewer.'],
} as const satisfies Record<RoomAction, readonly [string, string]>

async function permissionOf(context: Context, { roomId }: RoomKey, action: RoomAction) {
  const facts = await context.roomFacts.load(roomId)
  if (!facts) throw notFound('room')
  return { refusal: judge(context, { facts, action }) }
}

const RoomPermissions = builder.objectRef<RoomKey>('RoomPermissions').implement({
  description:
    'The permissions of the viewer in a room now, by the same rules as the operations themselves. Objects found by their own id, such as messages, are NOT_FOUND for nonmembers where this returns FORBIDDEN.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(permissions).map(([action, [name, description]]) => [
        name,
        t.field({
          type: Permission,
          description,
          // the keys are the actions of the policy
          resolve: (room, _, context) => permissionOf(context, room, action as RoomAction),
        }),
      ]),
    ),
})

builder.objectField(RoomRef, 'viewerCan', (t) =>
  t.field({
    type: RoomPermissions,
    description: 'The permissions of the viewer now. Without sign-in only `see` can be allowed.',
    resolve: ({ id }) => ({ roomId: id }),
  }),
)
