// Rooms: finding and creating them, names and codes. Changes of settings are in settings/, members in membership/.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { assertSignedIn, judge, refusalError } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import { roomLimits } from '../config/rooms.ts'
import type { Transaction } from '../database/client.ts'
import { newUuid } from '../database/uuid.ts'
import { badInput, invariant, notFound } from '../errors.ts'
import type { Write } from '../feed/write.ts'
import type { Prisma, Room } from '../generated/prisma/client.ts'
import { parseInput } from '../input/parse.ts'
import { nameText, optionalText, storableText } from '../input/text.ts'
import { hashRoomPassword } from './passwords.ts'
import { type RoomView, readRoomViewByCode, readRoomViews } from './queries.ts'

/** 32 characters that cannot be confused with each other. */
const codeAlphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const codeLength = 8
/** Even a billion rooms take only one in a thousand of 32^8 codes: ten tries fail together once in 10^30. */
const codeTriesMax = 10

function isRoomCode(text: string): boolean {
  return text.length === codeLength && [...text].every((sign) => codeAlphabet.includes(sign))
}

/** Parses the code of a room as typed by a person, in upper or lower case. */
export const roomCode = z
  .string()
  .transform((text) => text.trim().toUpperCase())
  .refine(isRoomCode, `is not a room code: ${codeLength} characters of ${codeAlphabet}`)

/** The password of a room, as typed by a person. */
export const roomPassword = storableText
  .min(1, 'may not be empty')
  .max(limits.roomPasswordLengthMax, `may have at most ${limits.roomPasswordLengthMax} characters`)

const roomLocator = z
  .object({ id: z.uuid().nullish(), code: roomCode.nullish() })
  .refine(({ id, code }) => Boolean(id) !== Boolean(code), {
    path: ['id'],
    message: 'must be given instead of code, and not together with it',
  })

/**
 * Finds a room by its id or its code.
 *
 * @throws AppError NOT_FOUND, the same for a room that does not exist and one that the viewer may not see.
 */
export async function findRoom(context: ServiceContext, input: z.input<typeof roomLocator>): Promise<RoomView> {
  const viewerId = context.viewer?.userId ?? null
  const { id, code } = parseInput(roomLocator, input)
  const sql = context.lookups
  const view = code
    ? await readRoomViewByCode(sql, code, viewerId)
    : (await readRoomViews(sql, id ? [id] : [], viewerId))[0]
  if (!view) throw notFound('room')
  const refusal = judge(context, { facts: view.facts, action: 'see' })
  if (refusal) throw refusalError(refusal)
  return view
}

/** The name of a room. */
export const roomName = nameText(limits.roomNameLengthMax)

/** The description of a room. */
export const roomDescription = optionalText(limits.roomDescriptionLengthMax)

/** After how many seconds messages of a room end by themselves. */
export const messageSeconds = z
  .int()
  .min(roomLimits.messageSecondsMin, `must be at least ${roomLimits.messageSecondsMin}`)
  .max(roomLimits.messageSecondsMax, `may be at most ${roomLimits.messageSecondsMax}`)

const createRoomInput = z
  .object({
    name: roomName.nullable().default(null),
    description: roomDescription.default(null),
    categoryId: z.uuid().nullable().default(null),
    regionId: z.uuid().nullable().default(null),
    access: z.enum(['OPEN', 'PASSWORD', 'INVITE']),
    password: roomPassword.nullable().default(null),
    posting: z.enum(['EVERYONE', 'ADMINS']).default('EVERYONE'),
    history: z.enum(['ALL', 'SINCE_JOINED']).default('ALL'),
    messageSeconds: messageSeconds.nullable().default(null),
  })
  .refine(({ access, password }) => access !== 'PASSWORD' || password, {
    path: ['password'],
    message: 'is required when access is PASSWORD',
  })
  .refine(({ access, password }) => access === 'PASSWORD' || !password, {
    path: ['password'],
    message: 'can only be given when access is PASSWORD',
  })

/** The settings of a room to create. */
export type CreateRoom = z.input<typeof createRoomInput>

/**
 * Reads rooms of the viewer, with the facts about the viewer and each.
 *
 * @returns in any order; rooms that do not exist are missing.
 */
export function readRooms(context: ServiceContext, roomIds: readonly string[]): Promise<RoomView[]> {
  return readRoomViews(context.lookups, roomIds, assertSignedIn(context).userId)
}

/**
 * Creates a room that the viewer owns, with a new code.
 *
 * @throws AppError BAD_USER_INPUT, also for a category or region that does not exist; RATE_LIMITED.
 */
export async function createRoom(context: ServiceContext, input: CreateRoom): Promise<Room> {
  const { userId } = assertSignedIn(context)
  const { password, ...settings } = parseInput(createRoomInput, input)
  await context.rates.take(['roomsOfUser', userId])
  const passwordHash = await hashRoomPassword(context, password)
  return context.feed.write([userId], async (write) => {
    const { tx, append } = write
    await assertCategoryAndRegion(tx, settings)
    const made = { ...settings, passwordHash, createdById: userId }
    const room = await insertRoom(write, { ...made, kind: 'GROUP', memberCount: 1 })
    await tx.member.create({ data: { roomId: room.id, userId, role: 'OWNER' } })
    append({ topicId: room.id, kind: 'MEMBER_JOINED', actorId: userId, subject: userId })
    append({ topicId: userId, kind: 'ROOM_ADDED', actorId: userId, subject: room.id })
    return room
  })
}

/**
 * Asserts that a category and a region exist.
 *
 * @throws AppError BAD_USER_INPUT
 */
export async function assertCategoryAndRegion(
  tx: Transaction,
  { categoryId, regionId }: { categoryId?: string | null; regionId?: string | null },
): Promise<void> {
  if (categoryId && !(await tx.category.findUnique({ where: { id: categoryId } }))) {
    throw badInput('categoryId', 'is not a category of this server')
  }
  if (regionId && !(await tx.region.findUnique({ where: { id: regionId } }))) {
    throw badInput('regionId', 'is not a region of this server')
  }
}

/** Inserts a room and its topic, with a unique code. */
export async function insertRoom(
  { tx, open }: Write,
  settings: Omit<Prisma.RoomCreateManyInput, 'id' | 'code'>,
): Promise<Room> {
  const id = newUuid()
  await open(id)
  for (let tries = 1; tries <= codeTriesMax; tries++) {
    // a taken code inserts nothing, while an error would end the transaction
    const [room] = await tx.room.createManyAndReturn({
      data: [{ ...settings, id, code: randomCode() }],
      skipDuplicates: true,
    })
    if (room) return room
  }
  invariant(false, `one of ${codeTriesMax} random codes is free, and a pair without a room gets one`)
}

function randomCode(): string {
  // 256 is a multiple of 32: every character is equally likely
  return Array.from(randomBytes(codeLength), (byte) => codeAlphabet.charAt(byte % codeAlphabet.length)).join('')
}
