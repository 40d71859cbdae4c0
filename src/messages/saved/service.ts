import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { AppError } from '../../errors.ts'
import type { SavedMessage } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import type { ShownMessage } from '../queries.ts'
import { findReadableMessage } from '../service.ts'
import { readSaved } from './queries.ts'

const saveInput = z.object({ messageId: z.uuid() })

/** The message to save. */
export type SaveInput = z.input<typeof saveInput>

/**
 * Saves a message for the viewer alone. Saving it again changes nothing.
 *
 * @throws AppError NOT_FOUND, CONFLICT when too many are saved.
 */
export async function saveMessage(context: ServiceContext, input: SaveInput): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId } = parseInput(saveInput, input)
  const message = await findReadableMessage(context, messageId)
  // under the lock of the user, so that concurrent calls are counted
  await context.feed.write([userId], async ({ tx }) => {
    const where = { userId_messageId: { userId, messageId } }
    if (await tx.savedMessage.findUnique({ where })) return
    if ((await tx.savedMessage.count({ where: { userId } })) >= limits.savedMax) {
      throw new AppError('CONFLICT', `You can save at most ${limits.savedMax} messages. Remove one first.`)
    }
    await tx.savedMessage.create({ data: { userId, messageId } })
  })
  return message
}

/**
 * Removes a message from those that the viewer has saved. Without it nothing changes.
 *
 * @throws AppError NOT_FOUND
 */
export async function unsaveMessage(context: ServiceContext, input: SaveInput): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId } = parseInput(saveInput, input)
  const message = await findReadableMessage(context, messageId)
  await context.feed.write([userId], async ({ tx }) => {
    await tx.savedMessage.deleteMany({ where: { userId, messageId } })
  })
  return message
}

/**
 * Lists the messages that the viewer has saved and may still read.
 *
 * Those saved last come first.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export function listSaved(
  context: ServiceContext,
  { take, keyset }: { take: number; keyset: readonly string[] | null },
): Promise<SavedMessage[]> {
  const { userId } = assertSignedIn(context)
  return readSaved(context.sql, { userId, take, after: parseKeyset(keyset) })
}
