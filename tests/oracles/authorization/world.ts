// A room of each kind with somebody of every standing in it, made through GraphQL, and copies of it to spoil.

import type { Db } from '../../../src/database/client.ts'
import { newUuid } from '../../../src/database/uuid.ts'
import { formatId } from '../../../src/input/ids.ts'
import { newUser } from '../../support/accounts.ts'
import { Client, guest, type Server } from '../../support/client.ts'
import { openDirect, uuidOf } from '../../support/members.ts'
import { picture, upload } from '../../support/uploads.ts'
import { rootFields } from './documents.ts'
import type { Actor, Place } from './rules.ts'

/** The users of the matrix. Nobody has no token. */
export interface Cast extends Record<Actor, Client> {
  /** The username of somebody who is in no room. */
  readonly registered: string
}

/** A room with all that a field can be asked of. */
export interface World {
  readonly place: Place
  readonly cast: Cast
  readonly roomId: string
  readonly code: string
  /** A message of each member; that of `member` has everything that a message can have. */
  readonly messages: Record<'member' | 'muted' | 'admin' | 'owner', string>
  readonly mediaId: string
  readonly reportId: string
  /** Empty in a DIRECT room. */
  readonly inviteId: string
  readonly inviteCode: string
  /** Of somebody who has not answered. */
  readonly invitationId: string
  /** Before the first message. */
  readonly cursor: string
}

/** The password of the room with one. */
export const roomPassword = 'open sesame'

/** A word that is in every message of these rooms. */
export const secretWord = 'xylophone'

/** Signs everybody in. */
export async function makeCast(server: Server): Promise<Cast> {
  const nobody = new Client(server, { token: '', refreshToken: '', userId: '', name: '' })
  const names = ['stranger', 'former', 'banned', 'member', 'muted', 'admin', 'owner'] as const
  const users = await Promise.all(names.map(async (name) => [name, await guest(server, name)] as const))
  const { viewer } = await newUser(server)
  const registered = viewer.user.username ?? ''
  return { nobody, registered, ...(Object.fromEntries(users) as Record<(typeof names)[number], Client>) }
}

type Given = Record<string, unknown>

/** Runs a mutation with one `input` of the type that is called after it, and gives its payload. */
async function run<Payload>(client: Client, field: string, input: Given, select: string): Promise<Payload> {
  const type = String(rootFields('mutation')[field]?.args[0]?.type)
  const query = `mutation ($input: ${type}) { ${field}(input: $input) { ${select} } }`
  const data = await client.call<Record<string, Payload>>(query, { input })
  return data[field] as Payload
}

const picturePng = { name: 'a.png', mimeType: 'image/png' }

/** Makes a room of a kind and fills it. */
export async function makeWorld(cast: Cast, place: Place, { withMedia = true } = {}): Promise<World> {
  const { roomId, code, cursor } = await makePlace(cast, place)
  const say = async (client: Client, given: Given = {}) => {
    const input = { roomId, body: `${secretWord} of ${client.name}`, ...given }
    return (await run<{ message: { id: string } }>(client, 'sendMessage', input, 'message { id }')).message.id
  }
  const isDirect = place === 'DIRECT'
  const mediaId = withMedia ? (await upload(cast.member, await picture('png'), picturePng)).id : ''
  const member = await say(cast.member, { attachmentIds: mediaId ? [mediaId] : [], nonce: 'nonce' })
  const owner = await say(cast.owner, { replyToId: member })
  const muted = isDirect ? owner : await say(cast.muted)
  const admin = isDirect ? owner : await say(cast.admin)
  await run(cast.member, 'editMessage', { messageId: member, body: `${secretWord} once more` }, 'message { id }')
  await run(cast.owner, 'addReaction', { messageId: member, emoji: '👍' }, 'message { id }')
  await run(cast.owner, 'pinMessage', { messageId: member }, 'message { id }')
  const { report } = await run<{ report: { id: string } }>(
    cast.owner,
    'reportMessage',
    { messageId: member, reason: 'rude' },
    'report { id }',
  )
  const invite = isDirect ? { id: '', code: '', invitationId: '' } : await settle(cast, roomId)
  if (place === 'archived') await run(cast.owner, 'updateRoom', { roomId, archived: true }, 'room { id }')
  return {
    place,
    cast,
    roomId,
    code,
    cursor,
    messages: { member, owner, muted, admin },
    mediaId,
    reportId: report.id,
    inviteId: invite.id,
    inviteCode: invite.code,
    invitationId: invite.invitationId,
  }
}

/** Makes the room, and members of all who will have been there. */
async function makePlace(cast: Cast, place: Place): Promise<Pick<World, 'roomId' | 'code' | 'cursor'>> {
  if (place === 'DIRECT') {
    const roomId = await openDirect(cast.owner, cast.member)
    const query = 'query ($roomId: ID!) { room(id: $roomId) { code eventCursor } }'
    const { room } = await cast.owner.call<{ room: { code: string; eventCursor: string } }>(query, { roomId })
    return { roomId, code: room.code, cursor: room.eventCursor }
  }
  const settings = {
    name: 'A room',
    description: 'A room of the matrix',
    access: place === 'archived' ? 'OPEN' : place,
    ...(place === 'PASSWORD' && { password: roomPassword }),
  }
  const { room } = await run<{ room: { id: string; code: string } }>(
    cast.owner,
    'createRoom',
    settings,
    'room { id code }',
  )
  const { former, banned, member, muted, admin } = cast
  const userIds = [former, banned, member, muted, admin].map(({ userId }) => userId)
  const added = await run<{ room: { eventCursor: string } }>(
    cast.owner,
    'addMembers',
    { roomId: room.id, userIds },
    'room { eventCursor }',
  )
  return { roomId: room.id, code: room.code, cursor: added.room.eventCursor }
}

/** Gives everybody their standing, and makes an invite. */
async function settle({ owner, former, banned, muted, admin }: Cast, roomId: string) {
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const invited = await guest(owner.server)
  await run(owner, 'setMemberRole', { roomId, userId: admin.userId, role: 'ADMIN' }, 'room { id }')
  await run(owner, 'muteMember', { roomId, userId: muted.userId, until }, 'room { id }')
  await run(former, 'leaveRoom', { roomId }, 'roomId')
  await run(owner, 'banMember', { roomId, userId: banned.userId, reason: 'rude' }, 'room { id }')
  await run(invited, 'updateProfile', { directMessagePolicy: 'FRIENDS' }, 'viewer { email }')
  const { invitations } = await run<{ invitations: { id: string }[] }>(
    owner,
    'addMembers',
    { roomId, userIds: [invited.userId] },
    'invitations { id }',
  )
  const made = await run<{ invite: { id: string; code: string } }>(
    owner,
    'createInvite',
    { roomId },
    'invite { id code }',
  )
  return { ...made.invite, invitationId: invitations[0]?.id ?? '' }
}

/** The tables of a room, those first that others refer to, and how its rows are found. */
const tables = {
  topics: 'id = $1',
  rooms: 'id = $1',
  members: 'room_id = $1',
  former_members: 'room_id = $1',
  bans: 'room_id = $1',
  invites: 'room_id = $1',
  room_invitations: 'room_id = $1',
  room_refusals: 'room_id = $1',
  messages: 'room_id = $1',
  message_edits: 'message_id in (select id from messages where room_id = $1)',
  reactions: 'message_id in (select id from messages where room_id = $1)',
  reports: 'room_id = $1',
  events: 'topic_id = $1',
}

/** Reads all rows of a room as text, by table. */
export async function rowsOf(db: Db, roomId: string): Promise<Record<string, string>> {
  const selects = Object.entries(tables).map(
    ([table, where]) =>
      `select '${table}' as name, coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]')::text as rows
      from ${table} t where ${where.replaceAll('$1', '$1::uuid')}`,
  )
  const found = await db.$queryRawUnsafe<{ name: string; rows: string }[]>(selects.join(' union all '), uuidOf(roomId))
  return Object.fromEntries(found.map(({ name, rows }) => [name, rows]))
}

/** Makes copies of a room, which a mutation may spoil. A DIRECT room, of which there is one for a pair, is made anew. */
export async function copierOf(db: Db, world: World): Promise<() => Promise<World>> {
  const { roomId, code, inviteId, inviteCode, invitationId, reportId, messages, place, cast } = world
  if (place === 'DIRECT') {
    const { url } = cast.member.server
    return async () =>
      makeWorld({ ...cast, member: await guest({ url }, 'member'), owner: await guest({ url }, 'owner') }, place, {
        withMedia: false,
      })
  }
  const rows = await rowsOf(db, roomId)
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString()
  const ids = {
    Room: [roomId],
    Message: Object.values(messages),
    Report: [reportId],
    Invite: [inviteId],
    RoomInvitation: [invitationId],
  }
  return async () => {
    const renamed = new Map<string, string>([
      [code, code8()],
      [inviteCode, newUuid()],
    ])
    for (const [type, olds] of Object.entries(ids)) {
      for (const old of olds) {
        const uuid = newUuid()
        renamed.set(uuidOf(old), uuid)
        renamed.set(old, formatId(type as keyof typeof ids, uuid))
      }
    }
    // other ids in these rows, of users, stay as they are; an edit gets one of its own
    const fresh = (text: string) => {
      let copy = text
      for (const [old, now] of renamed) copy = copy.replaceAll(old, now)
      return copy
    }
    const texts = Object.entries(rows).map(([table, text]) => {
      const copy = fresh(text)
      // so that they are none of those that their maker has made a moment ago
      if (table === 'room_invitations') {
        return copy.replaceAll(/"created_at": "[^"]+"/g, `"created_at": "${anHourAgo}"`)
      }
      // events are linked to the id of their topic: the copy begins as a feed whose events were trimmed
      if (table === 'events') return '[]'
      if (table === 'topics') return copy.replace(/"floor": \d+/, `"floor": ${/"head": (\d+)/.exec(copy)?.[1]}`)
      return table === 'message_edits' ? copy.replace(/"id": "[^"]+"/g, () => `"id": "${newUuid()}"`) : copy
    })
    const inserts = Object.keys(rows).map(
      (table, index) =>
        `${table}_ as (insert into ${table} select * from jsonb_populate_recordset(null::${table}, $${index + 1}::jsonb))`,
    )
    await db.$executeRawUnsafe(`with ${inserts.join(', ')} select 1`, ...texts)
    const named = (id: string) => renamed.get(id) ?? id
    return {
      ...world,
      roomId: named(roomId),
      code: named(code),
      reportId: named(reportId),
      inviteId: named(inviteId),
      inviteCode: named(inviteCode),
      invitationId: named(invitationId),
      messages: Object.fromEntries(Object.entries(messages).map(([who, id]) => [who, named(id)])) as World['messages'],
    }
  }
}

/** A code for a room. */
function code8(): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
  const bytes = Buffer.from(newUuid().replaceAll('-', ''), 'hex').subarray(-8)
  return Array.from(bytes, (byte) => letters.charAt(byte % letters.length)).join('')
}
