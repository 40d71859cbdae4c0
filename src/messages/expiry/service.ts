// Messages that expire, as `Room.messageSeconds` says. They are shown as deleted from that moment on, by `hasExpired` in
// messages/queries.ts; this deletes them.

import type { ServiceContext } from '../../access/context.ts'
import { expiryLimits } from '../../config/messages.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import { keepLiving } from '../deletion/queries.ts'
import { buryMessages } from '../deletion/service.ts'
import { readExpired } from './queries.ts'

/** The parts of the server that deleting expired messages needs. */
type Parts = Pick<ServiceContext, 'sql' | 'feed' | 'media'>

/** Creates the chore that deletes messages that have expired. */
export const expiredMessagesChore = (parts: Parts): Chore => ({
  name: 'expired messages',
  everyMs: expiryLimits.everyMs,
  run: async (signal) => {
    const { messagesPerReadMax: take } = expiryLimits
    await repeat(() => deleteExpired(parts), { take, signal })
  },
})

/** Deletes some messages that have expired. Returns how many; fewer than a page when no more have. */
export async function deleteExpired({ sql, feed, media }: Parts): Promise<number> {
  const expired = await readExpired(sql, expiryLimits.messagesPerReadMax)
  for (const [roomId, messages] of Map.groupBy(expired, (message) => message.roomId)) {
    const ids = messages.map(({ id }) => id)
    const files = await feed.write([roomId], async (write) => {
      const messageIds = await keepLiving(write.tx, ids)
      return buryMessages(write, { roomId, messageIds, actorId: null, by: null })
    })
    await media.removeFiles(files)
  }
  return expired.length
}
