import { type Grant, register, signIn } from '../auth/service.ts'
import { readConfig } from '../config.ts'
import { StartError } from '../database/start-error.ts'
import type { Room } from '../generated/prisma/client.ts'
import { type Context, createContext, type ServerParts } from '../graphql/context.ts'
import { joinRoom, addMembers } from '../membership/service.ts'
import { deleteMessage, editMessage, sendMessage } from '../messages/service.ts'
import { createRoom, openDirectRoom } from '../rooms/service.ts'
import { startServer } from '../server.ts'
import { ageRooms } from './age-rooms.ts'
import {
  type DemoMessage,
  type DemoRoom,
  type DemoUsername,
  demoCategories,
  demoDirectRoom,
  demoMessages,
  demoPassword,
  demoRegions,
  demoRooms,
  demoUsers,
} from './demo-world.ts'

/** Sends that wait for one another's answer at a time; replies reach back no further than into the chunk before. */
const chunkSize = 100

/** What the demo's data gives to whoever tries it. */
export interface DemoWorld {
  /** A fresh session of the first user. */
  readonly grant: Grant
  readonly rooms: readonly Room[]
}

/** Fills the database with the demo's users, rooms and messages. */
export const seedCommand = {
  about: 'fill the database with users, rooms and messages to look at',
  async run(): Promise<number> {
    const config = readConfig()
    assertDemoAllowed(config)
    const server = await startServer({ ...config, host: '127.0.0.1', port: 0 })
    try {
      console.log(describeWorld(await seedWorld(server.parts)))
    } finally {
      await server.close()
    }
    return 0
  },
}

/**
 * Refuses to make accounts with known passwords where real users are.
 *
 * @throws StartError in production.
 */
export function assertDemoAllowed({ production }: { production: boolean }): void {
  if (!production) return
  throw new StartError(
    'The demo has accounts with known passwords, so it is not for NODE_ENV=production. Nothing was made.',
  )
}

/**
 * Makes the demo's world, once: what is there already stays, and what a stopped run left out is added.
 *
 * Everything goes through the services, so that all rules of the feed hold; messages have nonces, so that each is stored
 * once.
 *
 * @throws StartError when somebody else has one of the usernames.
 */
export async function seedWorld(parts: ServerParts): Promise<DemoWorld> {
  const grants = await seedUsers(parts)
  const as = (username: DemoUsername): Context => contextOf(parts, grants[username])
  const codes = demoRooms.map((room) => room.code)
  if ((await parts.db.room.count({ where: { code: { in: codes } } })) < codes.length) {
    await seedPlaces(parts)
    const rooms = [await seedDirectRoom(as)]
    for (const room of demoRooms) rooms.push(await seedRoom(as, room))
    // the codes come last: they tell that the world is complete
    await ageRooms(parts, { roomIds: rooms.map((room) => room.id), codes: [null, ...codes] })
  }
  const { userId } = grants.ada.viewer
  const rooms = await parts.db.room.findMany({ where: { members: { some: { userId } } }, orderBy: { createdAt: 'asc' } })
  return { grant: grants.ada, rooms: [...rooms, ...(await othersOf(parts, rooms))] }
}

/** Says who can sign in and where they can go. */
export function describeWorld({ rooms }: DemoWorld): string {
  const listed = demoRooms.flatMap((known) => {
    const room = rooms.find((candidate) => candidate.code === known.code)
    return room ? [{ ...known, memberCount: room.memberCount }] : []
  })
  return [
    '  Sign in as',
    `    ${demoUsers.map((user) => user.username).join(', ')}    with the password ${demoPassword}`,
    '',
    '  Rooms, by their codes',
    ...listed.map(({ code, name, access, password, memberCount }) => {
      const how = password ? `${access}, ${password}` : access
      return `    ${code}  ${name.padEnd(18)} ${how.padEnd(22)} ${memberCount} members`
    }),
    `    and the direct room of ${demoDirectRoom.members.join(' and ')}`,
    '',
  ].join('\n')
}

function othersOf({ db }: ServerParts, rooms: readonly Room[]): Promise<Room[]> {
  const codes = demoRooms.map((room) => room.code)
  return db.room.findMany({ where: { code: { in: codes }, id: { notIn: rooms.map((room) => room.id) } } })
}

function contextOf(parts: ServerParts, grant: Grant | null): Context {
  return createContext(parts, { viewer: grant?.viewer ?? null, viewerError: null, userAgent: 'kabar seed' })
}

async function seedUsers(parts: ServerParts): Promise<Record<DemoUsername, Grant>> {
  const entries = await Promise.all(
    demoUsers.map(async ({ username, displayName }) => {
      const context = contextOf(parts, null)
      const isKnown = await parts.db.user.findUnique({ where: { username } })
      const account = { username, password: demoPassword }
      const grant = isKnown
        ? signIn(context, account).catch((cause: unknown) => {
            const message = `Somebody else is called ${username} here, so the demo wants a database of its own.`
            throw new StartError(message, { cause })
          })
        : register(context, { ...account, displayName })
      return [username, await grant] as const
    }),
  )
  return Object.fromEntries(entries) as Record<DemoUsername, Grant>
}

async function seedPlaces({ db }: ServerParts): Promise<void> {
  const categories = demoCategories.map((category, position) => ({ ...category, position }))
  await db.category.createMany({ data: categories, skipDuplicates: true })
  for (const { code, name, parent } of demoRegions) {
    const data = { code, name, ...(parent && { parent: { connect: { code: parent } } }) }
    await db.region.upsert({ where: { code }, create: data, update: {} })
  }
}

/** Gives the context of each user. */
type As = (username: DemoUsername) => Context

async function seedRoom(as: As, room: DemoRoom): Promise<Room> {
  const [owner = 'ada', ...others] = room.members
  const context = as(owner)
  const made = (await findRoomOf(context, room.name)) ?? (await makeRoom(context, room))
  const input = { roomId: made.id, password: room.password }
  if (room.access === 'INVITE') {
    const userIds = others.flatMap((username) => as(username).viewer?.userId ?? [])
    await addMembers(context, { roomId: made.id, userIds })
  } else {
    for (const username of others) await joinRoom(as(username), input)
  }
  await seedMessages(as, made.id, demoMessages(room))
  return made
}

function findRoomOf(context: Context, name: string): Promise<Room | null> {
  const userId = context.viewer?.userId ?? ''
  return context.db.room.findFirst({ where: { name, members: { some: { userId, role: 'OWNER' } } } })
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
  const room = await openDirectRoom(as(first), { userId: as(second).viewer?.userId ?? '' })
  await seedMessages(as, room.id, demoMessages(demoDirectRoom))
  return room
}

async function seedMessages(as: As, roomId: string, messages: readonly DemoMessage[]): Promise<void> {
  const ids: string[] = []
  for (let from = 0; from < messages.length; from += chunkSize) {
    const chunk = messages.slice(from, from + chunkSize)
    // sends are numbered in the order in which they are given to the batch
    const sent = await Promise.all(
      chunk.map(({ author, body, repliesBack }, place) => {
        const replyToId = repliesBack === null ? null : (ids[from + place - repliesBack] ?? null)
        return sendMessage(as(author), { roomId, body, replyToId, nonce: `demo ${from + place}` })
      }),
    )
    ids.push(...sent.map((message) => message.id))
  }
  for (const [index, { author, editedBody, isDeleted }] of messages.entries()) {
    const messageId = ids[index] ?? ''
    if (isDeleted) await deleteMessage(as(author), { messageId })
    else if (editedBody) await editMessage(as(author), { messageId, body: editedBody })
  }
}
