// Compares the view of a client with that of a new one: the two must be equal.

import type { ViewerMembership } from '../../src/api/entities.ts'
import type { Kabar } from '../../src/api/kabar.ts'
import type { Message } from '../../src/api/message.ts'
import type { Room } from '../../src/api/room.ts'
import { roomAroundQuery, roomSnapshotQuery } from '../../src/operations/room.ts'
import { membershipsQuery } from '../../src/operations/viewer.ts'

type Fields = Record<string, unknown>

/** Of a message, what events keep right. Names of people may be lost; sentences of the server have those of now. */
function messageOf(message: Message | Fields): Fields {
  const { id, number, kind, action, isHidden, body, isSaved, editedAt, deletedAt, pinnedAt, replyCount, nonce } =
    message
  const { replyTo, mentions, reactions, attachments } = message as Message
  const quote = replyTo && { id: replyTo.id, isHidden: replyTo.isHidden, deletedAt: replyTo.deletedAt }
  return {
    ...{ id, number, kind, action, isHidden, isSaved, editedAt, deletedAt, pinnedAt, replyCount, nonce },
    body: kind === 'SYSTEM' ? '' : body,
    replyTo: quote && { ...quote, body: replyTo.kind === 'SYSTEM' ? '' : replyTo.body },
    mentions: mentions.map((user) => user.id),
    reactions,
    attachments: attachments.map((media) => media.id),
  }
}

/** Returns the view that a client has of a room. */
export function shown(room: Room): Fields {
  const {
    status,
    room: fields,
    membership,
    can,
    held,
    at,
    pinned,
    members,
    hasMoreMembers,
    pending,
  } = room.getSnapshot()
  const numbers = held.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index))
  const messages = numbers.map((number) => at(number)).map((message) => message && messageOf(message))
  if (status === 'gone') return { status }
  return {
    ...{
      status,
      room: roomOf(fields),
      can: { send: can.send.allowed, pin: can.pin.allowed, manageRoom: can.manageRoom.allowed },
    },
    ...{ messages, pinned: pinned.map(messageOf), hasMoreMembers, pending: pending.length },
    membership: membership && viewerOf(membership),
    members: members.map(memberOf),
  }
}

/** Of the viewer in a room, what its stream and the list tell. */
function viewerOf({
  role,
  mutedUntil,
  notifications,
  mentionedByReplies,
  pinnedAt,
  ...marks
}: ViewerMembership): Fields {
  const { lastReadNumber, unreadFrom } = marks
  return { role, mutedUntil, notifications, mentionedByReplies, pinnedAt, lastReadNumber, unreadFrom }
}

/** Names of owners may be lost. */
function roomOf(fields: object | null): Fields | null {
  if (!fields) return null
  const { owner, ...room } = fields as Fields & { owner: { id: string } | null }
  return { ...room, owner: owner?.id ?? null }
}

const memberOf = ({ user, role, joinedAt, mutedUntil }: { user: { id: string } } & Fields): Fields => {
  return { id: user.id, role, joinedAt, mutedUntil }
}

/** Returns the server's data in the shape of a client's view. */
export async function fresh(kabar: Kabar, room: Room): Promise<Fields> {
  const { id } = room
  const answer = await kabar.query(roomSnapshotQuery, { roomId: id, last: 1, members: 100 }).catch(() => null)
  const read = answer?.room
  if (!read?.viewerMembership) return { status: 'gone' }
  const {
    eventCursor: __,
    messages: _,
    members,
    pinnedMessages,
    viewerMembership,
    viewerCan,
    title: ___,
    ...fields
  } = read
  const messages: Fields[] = []
  for (const [from, to] of room.getSnapshot().held) {
    for (let next = from; next <= to; next += 50) {
      const first = Math.min(50, to - next + 1)
      const page = await kabar.query(roomAroundQuery, { roomId: id, around: next + Math.floor(first / 2), first })
      messages.push(...(page.room?.messages.nodes ?? []).map((node) => messageOf({ ...node })))
    }
  }
  const { send, pin, manageRoom } = viewerCan
  return {
    ...{
      status: 'ready',
      room: roomOf(fields),
      can: { send: send.isAllowed, pin: pin.isAllowed, manageRoom: manageRoom.isAllowed },
    },
    ...{ messages, pinned: pinnedMessages.map((node) => messageOf({ ...node })), pending: 0 },
    hasMoreMembers: members.pageInfo.hasNextPage,
    membership: viewerOf(viewerMembership),
    members: members.nodes.map((node) => memberOf({ ...node })),
  }
}

/** Returns the view that a client has of its list of rooms. */
export function shownList(kabar: Kabar): Fields {
  const { rooms, unreadCount } = kabar.rooms.getSnapshot()
  return { unreadCount, rooms: rooms.map(({ membership }) => summaryOf(membership)) }
}

function summaryOf({ room, ...membership }: Fields): Fields {
  const { role, unreadCount, mentionCount, lastReadNumber, unreadFrom, notifications, pinnedAt } = membership
  const { id, name, messageCount, lastMessage } = room as Fields & { lastMessage: Fields | null }
  return {
    ...{ role, unreadCount, mentionCount, lastReadNumber, unreadFrom, notifications, pinnedAt },
    id,
    name,
    messageCount,
    last: lastMessage?.id ?? null,
  }
}

/** Returns the server's list of rooms in the shape of a client's view. */
export async function freshList(kabar: Kabar): Promise<Fields> {
  const { viewer } = await kabar.query(membershipsQuery, { first: 50 })
  const rooms = viewer?.memberships.nodes ?? []
  return { unreadCount: viewer?.unreadCount, rooms: rooms.map((node) => summaryOf({ ...node })) }
}
