// Writes the demo's users, rooms and messages to a database.

import { type Grant, register, signIn } from '../auth/service.ts'
import { StartError } from '../database/start-error.ts'
import { encodeCursor, headOf } from '../feed/cursor.ts'
import { readTopics } from '../feed/topics.ts'
import type { Room } from '../generated/prisma/client.ts'
import { type Context, createContext, type ServerParts } from '../graphql/context.ts'
import { addMembers } from '../membership/adding/service.ts'
import { joinRoom } from '../membership/joining/service.ts'
import { deleteMessage } from '../messages/deletion/service.ts'
import { editMessage } from '../messages/edits/service.ts'
import { pinMessage } from '../messages/pins/service.ts'
import { addReaction } from '../messages/reactions/service.ts'
import { sendMessage } from '../messages/send/service.ts'
import { openDirectRoom } from '../rooms/direct/service.ts'
import { createRoom } from '../rooms/service.ts'
import { ageRooms } from './age-rooms.ts'
import {
  type DemoMessage,
  type DemoRoom,
  type DemoUsername,
  demoCategories,
  demoDirectRoom,
  demoMessages,
  demoPassword,
  demoPinBack,
  demoReactions,
  demoRegions,
  demoRooms,
  demoUsers,
  repliesBackMin,
} from './demo-world.ts'
import type { Step } from './progress.ts'

/** The demo data in the database. */
export interface DemoWorld {
  /** An access token of the first user, in a separate session. */
  readonly accessToken: string
  /** All rooms for more than two, in the order in which `demoRooms` lists them. */
  readonly rooms: readonly Room[]
  /** The feed cursor of the first of them; null when it is gone. */
  readonly eventCursor: string | null
}

/**
 * Refuses to create accounts with known passwords beside real users.
 *
 * @throws StartError in production.
 */
export function assertDemoAllowed({ production }: { production: boolean }): void {
  if (!production) return
  throw new StartError('The demo has accounts with a known password: it does not start with NODE_ENV=production.')
}

/**
 * Creates the demo data, once.
 *
 * Keeps existing data, and completes a run that was interrupted. Everything goes through the services, so that all rules
 * apply; messages have nonces, so that each is stored once.
 *
 * @throws StartError when another account has one of the usernames.
 */
export async function seedWorld(parts: ServerParts, report: (step: Step) => void = () => {}): Promise<DemoWorld> {
  const grants = await seedUsers(parts)
  const as = (username: DemoUsername): Context => contextOf(parts, grants[username])
  const codes = demoRooms.map((room) => room.code)
  // the codes are set last: they mark the demo data as complete
  if ((await findRooms(parts)).length < codes.length) {
    await seedPlaces(parts)
    const direct = await seedDirectRoom(as)
    const roomIds = [direct.id]
    for (const room of demoRooms) {
      roomIds.push((await seedRoom(as, room)).id)
      report({ done: roomIds.length, total: demoRooms.length + 1, count: `${roomIds.length} rooms` })
    }
    await ageRooms(parts, { roomIds, codes: [direct.code, ...codes] })
  }
  const rooms = await findRooms(parts)
  const [topic] = (
    await readTopics(
      parts.sql,
      rooms.slice(0, 1).map(({ id }) => id),
    )
  ).values()
  const eventCursor = topic ? encodeCursor(headOf(topic)) : null
  return { accessToken: grants.ada.accessToken, rooms, eventCursor }
}

/** Describes who can sign in, and the rooms. */
export function describeWorld({ rooms }: DemoWorld): string {
  const lines = demoRooms.map(({ code, name, access, password }, index) => {
    const how = password ? `${access}, password ${password}` : access
    return `    ${code}  ${name.padEnd(18)} ${String(rooms[index]?.memberCount).padStart(2)} members  ${how}`
  })
  const people = demoUsers.map((user) => user.username).join(', ')
  const pair = demoDirectRoom.members.join(' and ')
  const intro = [`  Sign in as ${people}; the password of all is ${demoPassword}`, '', '  Rooms and their codes']
  return [...intro, ...lines, `    and the direct room of ${pair}`, ''].join('\n')
}

async function findRooms({ db }: ServerParts): Promise<Room[]> {
  const rooms = await db.room.findMany({ where: { code: { in: demoRooms.map((room) => room.code) } } })
  return demoRooms.flatMap(({ code }) => rooms.find((room) => room.code === code) ?? [])
}

function contextOf(parts: ServerParts, grant: Grant | null): Context {
  // messages of months are sent at once
  const edge = { ...parts.config.edge, sendsMax: Number.POSITIVE_INFINITY }
  return createContext(
    { ...parts, config: { ...parts.config, edge } },
    {
      viewer: grant?.viewer ?? null,
      viewerError: null,
      userAgent: 'kabar demo',
      address: null,
      reachedAt: null,
    },
  )
}

async function seedUsers(parts: ServerParts): Promise<Record<DemoUsername, Grant>> {
  const entries = await Promise.all(
    demoUsers.map(async (user) => [user.username, await seedUser(parts, user)] as const),
  )
  return Object.fromEntries(entries) as Record<DemoUsername, Grant>
}

async function seedUser(parts: ServerParts, user: (typeof demoUsers)[number]): Promise<Grant> {
  const { username } = user
  const context = contextOf(parts, null)
  const known = await parts.db.user.findUnique({ where: { username } })
  if (!known) return register(context, { ...user, password: demoPassword })
  try {
    return await signIn(context, { username, password: demoPassword })
  } catch (cause) {
    throw new StartError(
      `The demo cannot sign in as ${username}: another account has this name, or its password was changed. ` +
        'Use a separate database for the demo: set KABAR_DATA to a new folder.',
      { cause },
    )
  }
}

async function seedPlaces({ db }: ServerParts): Promise<void> {
  const categories = demoCategories.map((category, position) => ({ ...category, position }))
  await db.category.createMany({ data: categories, skipDuplicates: true })
  for (const { code, name, parent } of demoRegions) {
    const data = { code, name, ...(parent && { parent: { connect: { code: parent } } }) }
    await db.region.upsert({ where: { code }, create: data, update: {} })
  }
}

/** Creates the context of each user. */
type As = (username: DemoUsername) => Context

const idOf = (context: Context) => context.viewer?.userId ?? ''

async function seedRoom(as: As, room: DemoRoom): Promise<Room> {
  const [owner = 'ada', ...others] = room.members
  const made = (await findRoomOf(as(owner), room.name)) ?? (await makeRoom(as(owner), room))
  const roomId = made.id
  if (room.access === 'INVITE') {
    await addMembers(as(owner), { roomId, userIds: others.map((username) => idOf(as(username))) })
  } else {
    for (const username of others) await joinRoom(as(username), { roomId, password: room.password })
  }
  const messages = demoMessages(room)
  const ids = await seedMessages(as, roomId, messages)
  await seedReactions(
    as,
    room,
    ids.filter((_, index) => !messages[index]?.isDeleted),
  )
  return made
}

function findRoomOf(context: Context, name: string): Promise<Room | null> {
  return context.db.room.findFirst({ where: { name, members: { some: { userId: idOf(context), role: 'OWNER' } } } })
}

async function makeRoom(context: Context, { name, description, access, password, ...room }: DemoRoom): Promise<Room> {
  const { db } = context
  const category = room.category ? await db.category.findUnique({ where: { slug: room.category } }) : null
  const region = room.region ? await db.region.findUnique({ where: { code: room.region } }) : null
  const places = { categoryId: category?.id ?? null, regionId: region?.id ?? null }
  return createRoom(context, { name, description, access, password: password ?? null, ...places })
}

async function seedDirectRoom(as: As): Promise<Room> {
  const [first, second] = demoDirectRoom.members
  const room = await openDirectRoom(as(first), { userId: idOf(as(second)) })
  await seedMessages(as, room.id, demoMessages(demoDirectRoom))
  return room
}

async function seedMessages(as: As, roomId: string, messages: readonly DemoMessage[]): Promise<string[]> {
  const ids: string[] = []
  // messages sent together are numbered in this order; the target of a reply was sent before
  for (let from = 0; from < messages.length; from += repliesBackMin) {
    const sends = messages.slice(from, from + repliesBackMin).map(({ author, body, repliesBack }, index) => {
      const place = from + index
      const replyToId = repliesBack === null ? null : ids[place - repliesBack]
      return sendMessage(as(author), { roomId, body, replyToId, nonce: `demo-${place}` })
    })
    for (const message of await Promise.all(sends)) ids.push(message.id)
  }
  for (const [index, { author, editedBody, isDeleted }] of messages.entries()) {
    const messageId = ids[index] ?? ''
    if (isDeleted) await deleteMessage(as(author), { messageId })
    else if (editedBody) await editMessage(as(author), { messageId, body: editedBody })
  }
  return ids
}

/** Makes the newest messages of a room look as if people had been there: reactions, and a pin of its owner's. */
async function seedReactions(as: As, { members }: DemoRoom, standing: readonly string[]): Promise<void> {
  const [owner = 'ada'] = members
  for (const { messagesBack, emoji, count } of demoReactions) {
    const messageId = standing.at(-messagesBack)
    if (messageId === undefined) continue
    for (const username of members.slice(0, count)) await addReaction(as(username), { messageId, emoji })
  }
  const pinned = standing.at(-demoPinBack)
  if (pinned !== undefined) await pinMessage(as(owner), { messageId: pinned })
}
