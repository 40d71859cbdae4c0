// How an account ends. It is gone with the first transaction; that it leaves its rooms and friends follows in small ones.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { askPassword } from '../../auth/credentials.ts'
import { anyPassword } from '../../auth/passwords.ts'
import { endSessions } from '../../auth/sessions/service.ts'
import { accountDeletionLimits } from '../../config/accounts.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import type { Write } from '../../feed/write.ts'
import { parseInput } from '../../input/parse.ts'
import { deleteMedia } from '../../media/service.ts'
import { topicsOfDeparture } from '../../membership/invitations/service.ts'
import { findMember } from '../../membership/queries.ts'
import { deleteMember } from '../../membership/service.ts'
import { restName } from '../../users/names.ts'
import { deletedUserName } from '../../users/service.ts'
import {
  deleteTies,
  eraseStatements,
  isMember,
  isSettled,
  type RoomToLeave,
  readRoomsToLeave,
  readTies,
  readUnfinished,
} from './queries.ts'

/** The parts of the server that ending an account needs. */
type Parts = Pick<ServiceContext, 'sql' | 'clock' | 'db' | 'feed' | 'config' | 'log' | 'media'>

const deleteInput = z.object({ password: anyPassword.nullish() })

/**
 * Deletes the viewer's account for ever.
 *
 * With the first transaction nobody can sign in, all sessions end, and names and files are gone. Then it leaves its
 * friends and rooms: a bounded number before this answers, all others by `finishAccountDeletions`.
 *
 * @returns the id of the user, whose messages stay.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, BAD_CREDENTIALS, RATE_LIMITED, SESSION_EXPIRED
 */
export async function deleteAccount(context: ServiceContext, input: z.input<typeof deleteInput>): Promise<string> {
  const { userId } = assertSignedIn(context)
  const { password } = parseInput(deleteInput, input)
  await endAccount(context, userId, await askPassword(context, password))
  return userId
}

/**
 * Deletes a user's account for ever, as the operator wants: see `deleteAccount`.
 *
 * Nobody is asked. One that is deleted already stays as it is.
 */
export function deleteUser(parts: Parts, userId: string): Promise<void> {
  return endAccount(parts, userId, async () => {})
}

async function endAccount(
  parts: Parts,
  userId: string,
  assertMay: (tx: Transaction) => Promise<unknown>,
): Promise<void> {
  const files = await parts.feed.write([userId], async (write) => {
    const user = await write.tx.user.findUniqueOrThrow({ where: { id: userId } })
    // two devices at once: the account is deleted, as both wanted
    if (user.deletedAt) return []
    await assertMay(write.tx)
    await write.tx.accountDeletion.create({ data: { userId } })
    return eraseAccount(parts, write, userId)
  })
  await parts.media.removeFiles(files)
  try {
    const { friendsPerWriteMax, roomsAtOnceMax } = accountDeletionLimits
    await leaveSomeFriends(parts, userId, friendsPerWriteMax)
    for (const room of await readRoomsToLeave(parts.sql, userId, roomsAtOnceMax)) await leave(parts, userId, room)
  } catch (error) {
    // the account is deleted, and that is what the answer says; the chore goes on from here
    parts.log.warn({ err: error, userId }, 'a deleted account leaves its rooms and friends later')
  }
}

/** Finishes deletions of accounts from time to time: see `finishAccountDeletions`. */
export const accountDeletionChore = (parts: Parts): Chore => ({
  name: 'deleted accounts',
  everyMs: accountDeletionLimits.everyMs,
  run: (signal) => finishAccountDeletions(parts, signal),
})

/**
 * Takes deleted accounts out of rooms and friendships, and erases where they were.
 *
 * It can be broken off anywhere: the next run goes on, on whatever server.
 */
export async function finishAccountDeletions(parts: Parts, signal: AbortSignal): Promise<void> {
  for (const userId of await readUnfinished(parts.sql, accountDeletionLimits.accountsMax)) {
    if (signal.aborted) return
    try {
      await finish(parts, userId, signal)
    } catch (error) {
      parts.log.warn({ err: error, userId }, 'the deletion of an account could not be finished; this is tried again')
    }
  }
}

async function finish(parts: Parts, userId: string, signal: AbortSignal): Promise<void> {
  const { sql } = parts
  const { friendsPerWriteMax, roomsPerReadMax, rowsPerStatementMax: take, settledMs } = accountDeletionLimits
  while (!signal.aborted && (await leaveSomeFriends(parts, userId, friendsPerWriteMax)));
  while (!signal.aborted) {
    const rooms = await readRoomsToLeave(sql, userId, roomsPerReadMax)
    if (rooms.length === 0) break
    for (const room of rooms) if (!signal.aborted) await leave(parts, userId, room)
  }
  for (const statement of eraseStatements(userId, take)) {
    await repeat(async () => (await sql(statement)).length, { take, signal })
  }
  if (!signal.aborted && (await isSettled(sql, userId, settledMs))) await close(parts, userId)
}

/** Ends the work on an account unless something came meanwhile. What was on its way at the deletion is erased too. */
async function close(parts: Parts, userId: string): Promise<void> {
  const files = await parts.feed.write([userId], async (write) => {
    const sql = sqlOfPrisma(write.tx)
    const isLeft = (await isMember(sql, userId)) || (await readTies(sql, userId, 1)).length > 0
    if (!isLeft) await write.tx.accountDeletion.deleteMany({ where: { userId } })
    return eraseAccount(parts, write, userId)
  })
  await parts.media.removeFiles(files)
}

/**
 * Erases who the user was, and ends all that a session or a name could do.
 *
 * Their topic is locked. Blocks by others stay, so that what is hidden from them stays hidden.
 *
 * @returns the keys of files to remove once this is committed.
 */
async function eraseAccount(parts: Parts, write: Write, userId: string): Promise<string[]> {
  const { tx } = write
  await endSessions(parts, write, { userId })
  await tx.session.deleteMany({ where: { userId } })
  await tx.credential.deleteMany({ where: { userId } })
  await tx.block.deleteMany({ where: { blockerId: userId } })
  await tx.roomInvitation.deleteMany({ where: { userId } })
  await eraseProfile(tx, userId)
  const files = await deleteMedia(tx, { ownerId: userId, messageId: null })
  const exports = await tx.dataExport.findMany({ where: { userId }, select: { storageKey: true } })
  await tx.dataExport.deleteMany({ where: { userId } })
  return [...files, ...exports.flatMap(({ storageKey }) => storageKey ?? [])]
}

async function eraseProfile(tx: Transaction, userId: string): Promise<void> {
  const { deletedAt, username } = await tx.user.findUniqueOrThrow({ where: { id: userId } })
  if (username !== null) await restName(tx, username)
  await tx.user.update({
    where: { id: userId },
    data: {
      username: null,
      displayName: deletedUserName,
      bio: null,
      avatarId: null,
      email: null,
      phone: null,
      lastSeenAt: null,
      deletedAt: deletedAt ?? new Date(),
    },
  })
}

/** Ends a page of friendships and requests, and tells the others. False when there was nobody left. */
async function leaveSomeFriends({ sql, feed }: Parts, userId: string, take: number): Promise<boolean> {
  const otherIds = await readTies(sql, userId, take)
  if (otherIds.length === 0) return false
  await feed.write([userId, ...otherIds], async ({ tx, append }) => {
    for (const otherId of await deleteTies(sqlOfPrisma(tx), userId, otherIds)) {
      append({ topicId: otherId, kind: 'FRIEND_REMOVED', actorId: userId, subject: userId })
    }
  })
  return true
}

/** Takes a deleted user out of a room. A DIRECT room is archived: the other one keeps what was said. */
async function leave(parts: Parts, userId: string, { roomId, kind }: RoomToLeave): Promise<void> {
  await parts.feed.write(await topicsOfDeparture(parts, { roomId, userId }), async (write) => {
    const { tx, append } = write
    if (!(await findMember(tx, { roomId, userId }))) return
    if (kind === 'DIRECT') {
      const { count } = await tx.room.updateMany({
        where: { id: roomId, archivedAt: null },
        data: { archivedAt: new Date() },
      })
      if (count > 0) append({ topicId: roomId, kind: 'ROOM_UPDATED', actorId: userId, subject: roomId })
    }
    await deleteMember(parts, write, { roomId, userId, actorId: userId, kind: 'MEMBER_DELETED' })
  })
}
