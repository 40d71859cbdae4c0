// Every field of the types that say something, and the rule of `rules.ts` that it goes by. A new field needs a word here.

import type { RuleName } from './rules.ts'
import type { World } from './world.ts'

/** How the objects of a type are reached, and what their fields answer. */
export interface Shape {
  /** A selection on Query, with `$…` of the world, and FIELDS in the place of the fields. */
  query: string
  /** Finds the object in what the selection gave. */
  pick(found: Data, world: World): unknown
  /** True if the room is refused before its fields are. */
  inRoom?: boolean
  /** Its fields by their rules, in words; with a question mark those that may be null. */
  fields: Partial<Record<RuleName, string>>
}

/** An answer, of any shape. */
// biome-ignore lint/suspicious/noExplicitAny: what it is made of is the very question
type Data = any

/** Selects on a room, where the room itself is the first to be refused. */
const ofRoom = (selection: string, pick: (room: Data, world: World) => unknown) => ({
  query: `room(id: $roomId) { ${selection} }`,
  inRoom: true,
  pick,
})

/** Selects on the message of `member`, as a node. */
const ofMessage = (selection: string, pick: (message: Data) => unknown) => ({
  query: `node(id: $messageId) { ... on Message { ${selection} } }`,
  pick: (message: Data) => message && pick(message),
})

/** The types, by name. */
export const shapes: Record<string, Shape> = {
  Room: {
    ...ofRoom('FIELDS', (room) => room),
    fields: {
      visible:
        'access archivedAt? category? code createdAt createdBy? description? eventCursor history id kind memberCount messageCount messageSeconds? name? owner? posting region? slowModeSeconds title updatedAt viewerCan viewerMembership?',
      members: 'digest lastMessage members message messages onlineCount pinnedMessages visits',
      admins: 'bans invitations invites reports',
    },
  },
  RoomDigest: {
    ...ofRoom('digest(from: 1, to: 1) { FIELDS }', (room) => room.digest),
    fields: { members: 'eventCursor hash' },
  },
  RoomPermissions: {
    ...ofRoom('viewerCan { FIELDS }', (room) => room.viewerCan),
    fields: {
      visible:
        'addMembers ban deleteOwn deleteRoom editOwn hide invite join joinByInvite leave listMembers manageInvites manageRoles manageRoom markRead mentionEveryone moderateMessages mute pin react read removeMembers report see seeOwnVisits seeVisits send setNotifications type',
    },
  },
  Permission: {
    ...ofRoom('viewerCan { send { FIELDS } }', (room) => room.viewerCan.send),
    fields: { visible: 'code? isAllowed retryAfterMs?' },
  },
  Membership: {
    ...ofRoom('members(first: 20) { nodes { who: user { id } FIELDS } }', (room, { place, cast }) => {
      const { userId } = cast[place === 'DIRECT' ? 'owner' : 'muted']
      return room.members.nodes.find(({ who }: Data) => who.id === userId)
    }),
    fields: {
      members:
        'historyFrom id isHidden joinedAt lastDeliveredNumber lastReadNumber mentionCount mentionedByReplies notifications pinnedAt? role room unreadCount unreadFrom? user',
      mutedAndAdmins: 'mutedUntil',
    },
  },
  Ban: {
    ...ofRoom('bans { nodes { FIELDS } }', (room) => room.bans.nodes[0]),
    fields: { admins: 'bannedBy createdAt expiresAt? id reason user' },
  },
  Invite: {
    ...ofRoom('invites { nodes { FIELDS } }', (room) => room.invites.nodes[0]),
    fields: { admins: 'code createdAt createdBy expiresAt? id revokedAt? room uses usesMax?' },
  },
  RoomInvitation: {
    ...ofRoom('invitations { nodes { FIELDS } }', (room) => room.invitations.nodes[0]),
    fields: { admins: 'id invitedAt invitedBy room user' },
  },
  Report: {
    ...ofRoom('reports { nodes { FIELDS } }', (room) => room.reports.nodes[0]),
    fields: { admins: 'attachments body createdAt id message reason reporter resolvedAt?' },
  },
  RoomVisit: {
    ...ofRoom('visits { nodes { FIELDS } }', (room) => room.visits.nodes[0]),
    fields: { members: 'enteredAt id leftAt? user' },
  },
  Message: {
    ...ofMessage('FIELDS', (message) => message),
    fields: {
      readersNode:
        'action? actor? attachments author body createdAt cursor deletedAt? deletedBy? editedAt edits expiresAt? id isHidden isSaved kind mentionedGroup? mentions nonce number pageCursor pinnedAt? reactions receipts replies replyCount replyTo? room status subject?',
    },
  },
  MessageEdit: {
    ...ofMessage('edits { FIELDS }', (message) => message.edits[0]),
    fields: { readersNode: 'body replacedAt' },
  },
  ReactionGroup: {
    ...ofMessage('reactions { FIELDS }', (message) => message.reactions[0]),
    fields: { readersNode: 'count emoji users viewerHasReacted' },
  },
  Receipt: {
    ...ofMessage('receipts { nodes { FIELDS } }', (message) => message.receipts.nodes[0]),
    fields: { readersNode: 'status user' },
  },
  Media: {
    query: 'node(id: $mediaId) { ... on Media { FIELDS } }',
    pick: (node) => node,
    fields: { readersNode: 'bytes height id kind message mimeType name thumbnailUrl url width' },
  },
  InvitePreview: {
    query: 'invite(code: $inviteCode) { FIELDS }',
    pick: (invite) => invite,
    fields: { invitedPreview: 'createdBy description expiresAt? memberCount name roomId' },
  },
  User: {
    query: 'node(id: $userId) { ... on User { FIELDS } }',
    pick: (node) => node,
    fields: { all: 'avatar? bio? createdAt displayName friendship? id isBlocked isGuest presence updatedAt username?' },
  },
  Presence: {
    query: 'node(id: $userId) { ... on User { presence { FIELDS } } }',
    pick: (node) => node.presence,
    fields: { all: 'lastSeenAt? status' },
  },
  Viewer: {
    query: 'viewer { FIELDS }',
    pick: (viewer) => viewer,
    fields: {
      viewer:
        'blockedUsers dataExport? directMessagePolicy email? emailVerifiedAt? eventCursor friendRequests friends hasPassword invitations isOperator memberships phone? phoneVerifiedAt? savedMessages session sessions showsLastSeen showsPresence showsReceipts unreadCount unreadCountOfAll user',
    },
  },
  Session: {
    query: 'viewer { session { FIELDS } }',
    pick: (viewer) => viewer?.session ?? null,
    fields: { viewer: 'createdAt endedAt? expiresAt id isCurrent lastUsedAt userAgent?' },
  },
}

/** Writes the selection of a shape for a world. */
export function fill(query: string, { roomId, messages, mediaId, inviteCode, cast }: World, fields: string): string {
  const { userId } = cast.member
  const values: Record<string, string> = { roomId, messageId: messages.member, mediaId, inviteCode, userId }
  const given = (variable: string, name: string) => (name in values ? JSON.stringify(values[name]) : variable)
  return query.replace('FIELDS', fields).replace(/\$(\w+)/g, given)
}
