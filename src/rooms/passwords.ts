// Passwords of rooms. Hashing takes much CPU time, and passwords can be guessed: both are rate limited.

import type { ServiceContext } from '../access/context.ts'
import type { Attempt } from '../access/rates.ts'
import { hashPassword, verifyPassword } from '../auth/passwords/hashing.ts'
import type { Room } from '../generated/prisma/client.ts'

/**
 * Hashes the password that the viewer sets for a room; null when there is none.
 *
 * @throws AppError RATE_LIMITED, SERVICE_UNAVAILABLE
 */
export async function hashRoomPassword(
  { rates, viewer }: ServiceContext,
  password: string | null | undefined,
): Promise<string | null> {
  if (!password) return null
  return rates.during([['passwordSetByUser', viewer?.userId ?? null]], () => hashPassword(password))
}

/**
 * Compares a password with that of a room.
 *
 * @throws AppError RATE_LIMITED after too many wrong attempts of the viewer or their address, SERVICE_UNAVAILABLE
 */
export async function isRoomPassword(
  { rates, viewer, address }: ServiceContext,
  { id, passwordHash }: Pick<Room, 'id' | 'passwordHash'>,
  password: string | null | undefined,
): Promise<boolean> {
  if (!password) return false
  const byUser: Attempt = ['passwordOfRoom', id, viewer?.userId ?? null]
  const fromAddress: Attempt = ['passwordOfRoomFromAddress', id, address]
  const isEqual = await rates.during([byUser, fromAddress], () => verifyPassword(passwordHash, password))
  if (isEqual) await Promise.all([rates.forget(byUser), rates.giveBack(fromAddress)])
  return isEqual
}
