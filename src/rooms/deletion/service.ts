// Deletes rooms: hidden at once, and emptied by a chore. account/deletion deletes accounts, messages/deletion messages.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { assertSessionProven } from '../../auth/sessions/service.ts'
import { deletionLimits } from '../../config/rooms.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { parseInput } from '../../input/parse.ts'
import { deleteMembers, purges, readMemberIds, readRoomsToEmpty, readRoomsToPurge } from './queries.ts'

/** The parts of the server that deletion needs. */
type Parts = Pick<ServiceContext, 'db' | 'sql' | 'feed'>

const deleteInput = z.object({ roomId: z.uuid() })

/**
 * Deletes a room. From then on it does not exist for anybody, and every stream of it ends.
 *
 * The rest follows in small transactions: the first members are removed at once, the others and then the contents by
 * `finishDeletions`.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_DELETION_DISABLED when the operator disabled deletion.
 * FORBIDDEN also in a session that was opened with only the username.
 */
export async function deleteRoom(context: ServiceContext, input: z.input<typeof deleteInput>): Promise<string> {
  const { userId, sessionId } = assertSignedIn(context)
  const { roomId } = parseInput(deleteInput, input)
  await context.feed.write([roomId], async ({ tx, append, audit }) => {
    await assertCan(context, { roomId, action: 'deleteRoom', tx })
    await assertSessionProven(context, tx, sessionId)
    await tx.room.update({ where: { id: roomId }, data: { deletedAt: new Date() } })
    append({ topicId: roomId, kind: 'ROOM_DELETED', actorId: userId, subject: roomId })
    audit({ kind: 'ROOM_DELETED', userId, roomId })
  })
  try {
    await removeSomeMembers(context, roomId)
  } catch (error) {
    // the room is deleted, and the result says so; the chore continues from here
    context.log.warn({ err: error, roomId }, 'removing members of a deleted room failed: the chore continues')
  }
  return roomId
}

/** The chore that finishes deletions: see `finishDeletions`. */
export const deletionChore = (parts: Parts): Chore => ({
  name: 'deleted rooms',
  everyMs: deletionLimits.everyMs,
  run: (signal) => finishDeletions(parts, signal),
})

/**
 * Removes all members from deleted rooms, and later the contents of these rooms.
 *
 * A room with an open report keeps its contents until an operator has resolved it, for `reportedKeptMs` at most.
 *
 * It can be interrupted at any point: the next run, on any server, continues.
 */
export async function finishDeletions(parts: Parts, signal: AbortSignal): Promise<void> {
  const { roomsMax, keptMs: ageMs, reportedKeptMs: reportedAgeMs } = deletionLimits
  for (const roomId of await readRoomsToEmpty(parts.db, roomsMax)) {
    while (!signal.aborted && (await removeSomeMembers(parts, roomId)));
  }
  for (const roomId of await readRoomsToPurge(parts.sql, { ageMs, reportedAgeMs, take: roomsMax })) {
    await purgeRoom(parts, roomId, signal)
  }
}

/** Removes a page of members from a deleted room and notifies them. False when none was left. */
async function removeSomeMembers({ db, feed }: Parts, roomId: string): Promise<boolean> {
  const userIds = await readMemberIds(db, roomId, deletionLimits.membersPerWriteMax)
  if (userIds.length === 0) return false
  // nobody enters or leaves a deleted room, so that its own topic need not be locked
  await feed.write(userIds, async ({ tx, append }) => {
    for (const userId of await deleteMembers(sqlOfPrisma(tx), roomId, userIds)) {
      append({ topicId: userId, kind: 'ROOM_REMOVED', actorId: null, subject: roomId })
    }
  })
  return true
}

/** Deletes the contents of a room without members, and then the room and its topic. */
async function purgeRoom({ db, feed }: Parts, roomId: string, signal: AbortSignal): Promise<void> {
  const { rowsPerStatementMax: take } = deletionLimits
  for (const purge of purges) {
    await repeat(async () => (await purge(db, roomId, take)).count, { take, signal })
  }
  if (signal.aborted) return
  await feed.write([roomId], async ({ tx }) => {
    await tx.room.delete({ where: { id: roomId } })
    await tx.topic.delete({ where: { id: roomId } })
  })
}
