// Deletes many messages of one author, in short transactions.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { erasingLimits } from '../../config/rooms.ts'
import type { Ban } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { type BanMember, banMember } from '../../membership/bans/service.ts'
import { type Burial, buryMessages } from '../edits/service.ts'
import { keepLiving, type OwnMessagesQuery, readOwnMessages } from './queries.ts'

/** The parts of the server that deleting messages needs. */
type Parts = Pick<ServiceContext, 'db' | 'feed' | 'media'>

/** The messages to delete, and who does it. */
export interface Erasing extends Omit<OwnMessagesQuery, 'take'>, Pick<Burial, 'actorId' | 'by'> {}

/** How many messages were deleted, and whether there may be more. */
export interface Erased {
  readonly count: number
  readonly hasMore: boolean
}

/**
 * Deletes the newest messages of an author, up to `erasingLimits.messagesMax`.
 *
 * Each transaction deletes a few of one room, so that others can write to it meanwhile.
 */
export async function eraseMessages({ db, feed, media }: Parts, { actorId, by, ...wanted }: Erasing): Promise<Erased> {
  const { messagesMax, messagesPerWriteMax } = erasingLimits
  const found = await readOwnMessages(db, { ...wanted, take: messagesMax + 1 })
  let count = 0
  for (const [roomId, messages] of Map.groupBy(found.slice(0, messagesMax), (message) => message.roomId)) {
    for (let start = 0; start < messages.length; start += messagesPerWriteMax) {
      const ids = messages.slice(start, start + messagesPerWriteMax).map(({ id }) => id)
      const { files, deleted } = await feed.write([roomId], async (write) => {
        const messageIds = await keepLiving(write.tx, ids)
        return { deleted: messageIds.length, files: await buryMessages(write, { roomId, messageIds, actorId, by }) }
      })
      await media.removeFiles(files)
      count += deleted
    }
  }
  return { count, hasMore: found.length > messagesMax }
}

const eraseInput = z.object({ roomId: z.uuid() })

/**
 * Deletes the viewer's messages in a room.
 *
 * Also after they left it or were banned from it. None in a room that does not exist.
 *
 * @throws AppError UNAUTHENTICATED, RATE_LIMITED.
 */
export async function deleteMyMessages(context: ServiceContext, input: z.input<typeof eraseInput>): Promise<Erased> {
  const { userId } = assertSignedIn(context)
  const { roomId } = parseInput(eraseInput, input)
  await context.rates.take(['erasuresOfUser', userId])
  return eraseMessages(context, { authorId: userId, roomId, since: null, actorId: userId, by: 'AUTHOR' })
}

/** A ban, and of how many hours the messages of the banned user go with it. */
export interface BanAndPurge extends BanMember {
  readonly deleteMessagesOfHours?: number | null | undefined
}

const purgeHours = z
  .int()
  .min(1, 'must be from 1')
  .max(erasingLimits.purgeHoursMax, `may be at most ${erasingLimits.purgeHoursMax}`)
const purgeInput = z.object({ deleteMessagesOfHours: purgeHours.nullish() })

/**
 * Bans a user from a room, and may delete their messages of the last hours.
 *
 * @throws AppError as `banMember`.
 */
export async function banAndPurge(
  context: ServiceContext,
  { deleteMessagesOfHours, ...input }: BanAndPurge,
): Promise<Ban> {
  const { userId: actorId } = assertSignedIn(context)
  const { deleteMessagesOfHours: hours } = parseInput(purgeInput, { deleteMessagesOfHours })
  const ban = await banMember(context, input)
  if (!hours) return ban
  const since = new Date(context.clock.now() - hours * 3_600_000)
  await eraseMessages(context, { authorId: ban.userId, roomId: ban.roomId, since, actorId, by: 'MODERATOR' })
  return ban
}
