// Deletes accounts. The first transaction deletes the account itself; small ones then remove it from rooms and friendships.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { anyPassword } from '../../auth/passwords/hashing.ts'
import { askPassword } from '../../auth/passwords/service.ts'
import { endSessions } from '../../auth/sessions/service.ts'
import { accountDeletionLimits } from '../../config/account.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import type { Write } from '../../feed/write.ts'
import { parseInput } from '../../input/parse.ts'
import { deleteMedia } from '../../media/service.ts'
import { eraseMessages } from '../../messages/deletion/service.ts'
import { restName } from '../../users/free-names.ts'
import { deletedUserName } from '../../users/service.ts'
import { readRoomsToLeave } from '../room-removal/queries.ts'
import { removeFromRoom } from '../room-removal/service.ts'
import { deleteTies, erasures, isMember, isSettled, readErasesMessages, readTies, readUnfinished } from './queries.ts'

/** The parts of the server that deleting an account needs. */
type Parts = Pick<ServiceContext, 'sql' | 'clock' | 'db' | 'feed' | 'config' | 'log' | 'media' | 'typists'>

const deleteInput = z.object({ password: anyPassword.nullish(), eraseMessages: z.boolean().nullish() })

/**
 * Deletes the viewer's account permanently.
 *
 * The first transaction prevents sign-in, ends all sessions, and deletes names and files. Then the user leaves friends
 * and rooms: a bounded number before this returns, the rest by `finishAccountDeletions`. So do their messages, if they wish.
 *
 * @returns the id of the user, whose messages stay.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, BAD_CREDENTIALS, RATE_LIMITED, SESSION_EXPIRED
 */
export async function deleteAccount(context: ServiceContext, input: z.input<typeof deleteInput>): Promise<string> {
  const { userId } = assertSignedIn(context)
  const { password, eraseMessages: erasesMessages } = parseInput(deleteInput, input)
  await endAccount(context, { userId, erasesMessages: erasesMessages === true }, await askPassword(context, password))
  return userId
}

/**
 * Deletes a user's account for the operator: see `deleteAccount`.
 *
 * Needs no password. Does nothing when it is already deleted.
 *
 * @param assertMay called under the lock of the account; throws when the operator may not.
 */
export function deleteUser(
  parts: Parts,
  userId: string,
  assertMay: (tx: Transaction) => Promise<unknown> = async () => {},
): Promise<void> {
  return endAccount(parts, { userId, erasesMessages: false }, assertMay)
}

async function endAccount(
  parts: Parts,
  { userId, erasesMessages }: { userId: string; erasesMessages: boolean },
  assertMay: (tx: Transaction) => Promise<unknown>,
): Promise<void> {
  const files = await parts.feed.write([userId], async (write) => {
    const user = await write.tx.user.findUniqueOrThrow({ where: { id: userId } })
    // two devices deleted it at the same time: both succeed
    if (user.deletedAt) return []
    await assertMay(write.tx)
    await write.tx.accountDeletion.create({ data: { userId, erasesMessages } })
    write.audit({ kind: 'ACCOUNT_DELETED', userId })
    return eraseAccount(parts, write, userId)
  })
  await parts.media.removeFiles(files)
  try {
    const { friendsPerWriteMax, roomsAtOnceMax } = accountDeletionLimits
    await leaveSomeFriends(parts, userId, friendsPerWriteMax)
    for (const room of await readRoomsToLeave(parts.db, userId, roomsAtOnceMax)) {
      await removeFromRoom(parts, { ...room, userId, kind: 'MEMBER_DELETED' })
    }
    if (erasesMessages) await eraseSome(parts, userId)
  } catch (error) {
    // the account is deleted, so the mutation succeeds; the chore does the rest
    parts.log.warn(
      { err: error, userId },
      'failed to remove a deleted account from rooms and friends; trying again later',
    )
  }
}

/** Creates the chore that finishes account deletions: see `finishAccountDeletions`. */
export const accountDeletionChore = (parts: Parts): Chore => ({
  name: 'deleted accounts',
  everyMs: accountDeletionLimits.everyMs,
  run: (signal) => finishAccountDeletions(parts, signal),
})

/**
 * Removes deleted accounts from rooms and friendships, and erases their traces.
 *
 * It can be interrupted anywhere: the next run continues, on any server.
 */
export async function finishAccountDeletions(parts: Parts, signal: AbortSignal): Promise<void> {
  for (const userId of await readUnfinished(parts.db, accountDeletionLimits.accountsMax)) {
    if (signal.aborted) return
    try {
      await finish(parts, userId, signal)
    } catch (error) {
      parts.log.warn({ err: error, userId }, 'failed to finish the deletion of an account; trying again')
    }
  }
}

async function finish(parts: Parts, userId: string, signal: AbortSignal): Promise<void> {
  const { db, sql } = parts
  const { friendsPerWriteMax, roomsPerReadMax, rowsPerStatementMax: take, settledMs } = accountDeletionLimits
  while (!signal.aborted && (await leaveSomeFriends(parts, userId, friendsPerWriteMax)));
  while (!signal.aborted) {
    const rooms = await readRoomsToLeave(db, userId, roomsPerReadMax)
    if (rooms.length === 0) break
    for (const room of rooms) {
      if (!signal.aborted) await removeFromRoom(parts, { ...room, userId, kind: 'MEMBER_DELETED' })
    }
  }
  if (await readErasesMessages(db, userId)) while (!signal.aborted && (await eraseSome(parts, userId)));
  for (const erase of erasures) {
    await repeat(async () => (await erase(db, userId, take)).count, { take, signal })
  }
  if (!signal.aborted && (await isSettled(sql, userId, settledMs))) await close(parts, userId)
}

/** Marks a deletion as finished unless there are new rows. Also erases rows of writes that were in flight at the deletion. */
async function close(parts: Parts, userId: string): Promise<void> {
  const files = await parts.feed.write([userId], async (write) => {
    const sql = sqlOfPrisma(write.tx)
    const isUnfinished = (await isMember(write.tx, userId)) || (await readTies(sql, userId, 1)).length > 0
    if (!isUnfinished) await write.tx.accountDeletion.deleteMany({ where: { userId } })
    return eraseAccount(parts, write, userId)
  })
  await parts.media.removeFiles(files)
}

/**
 * Erases the user's personal data, sessions, credential and username.
 *
 * Their topic is locked. Blocks by others are kept, so that the messages of the user stay hidden from the blockers.
 *
 * @returns the keys of the files to remove after COMMIT.
 */
async function eraseAccount(parts: Parts, write: Write, userId: string): Promise<string[]> {
  const { tx } = write
  await endSessions(parts, write, { userId })
  await tx.session.deleteMany({ where: { userId } })
  await tx.credential.deleteMany({ where: { userId } })
  await tx.operator.deleteMany({ where: { userId } })
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

/** Ends a page of friendships and requests, and notifies the others. Returns false when there were none left. */
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

/** Deletes some of the messages of a deleted account. Returns whether there may be more. */
async function eraseSome(parts: Parts, userId: string): Promise<boolean> {
  const all = { authorId: userId, roomId: null, since: null }
  return (await eraseMessages(parts, { ...all, actorId: userId, by: 'AUTHOR' })).hasMore
}
