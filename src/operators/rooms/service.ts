import { z } from 'zod'
import type { ServiceContext } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { notFound } from '../../errors.ts'
import type { Room } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { handOverTo } from '../../membership/ownership/hand-over/service.ts'
import { assertOperator } from '../access.ts'
import { readAbandonedIds } from './queries.ts'

/**
 * Lists groups that all members left, for an operator.
 *
 * @throws AppError FORBIDDEN, BAD_USER_INPUT
 */
export async function listAbandonedRooms(
  context: ServiceContext,
  { take, keyset }: { take: number; keyset: readonly string[] | null },
): Promise<Room[]> {
  await assertOperator(context)
  const ids = await readAbandonedIds(context.sql, { take, after: parseKeyset(keyset) })
  return (await operatorRoomsByIds(context, ids)).flatMap((room) => room ?? [])
}

/** Loads rooms by their ids, in that order, for operators only. */
export async function operatorRoomsByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<(Room | null)[]> {
  const rooms = await db.room.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, rooms, (room) => room.id)
}

/**
 * Finds a room by its code, for an operator.
 *
 * @throws AppError FORBIDDEN
 */
export async function findRoomByCode(context: ServiceContext, code: string): Promise<Room | null> {
  await assertOperator(context)
  return context.db.room.findUnique({ where: { code: code.trim().toUpperCase(), deletedAt: null } })
}

const handOverInput = z.object({ roomId: z.uuid(), userId: z.uuid() })

/**
 * Makes a user the owner of a group. They become a member if they are not; the former owner becomes an admin.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, BAD_USER_INPUT for a direct room or a guest, ROOM_FULL
 */
export async function handOverRoom(context: ServiceContext, input: z.input<typeof handOverInput>): Promise<Room> {
  await assertOperator(context)
  const { roomId, userId } = parseInput(handOverInput, input)
  const user = await context.db.user.findUnique({ where: { id: userId, isGuest: false } })
  if (!user) throw notFound('user')
  return handOverTo(context, { roomId, userId }, (tx) => assertOperator(context, tx))
}
