// Messages that end by themselves. They are shown as deleted from that moment on; this deletes them.

import type { ServiceContext } from '../../access/context.ts'
import { endingLimits } from '../../config/rooms.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import { keepLiving } from '../deletion/queries.ts'
import { buryMessages } from '../deletion/service.ts'
import { readEnded } from './queries.ts'

/** The parts of the server that deleting ended messages needs. */
type Parts = Pick<ServiceContext, 'sql' | 'feed' | 'media'>

/** Creates the chore that deletes messages that have ended by themselves. */
export const endedMessagesChore = (parts: Parts): Chore => ({
  name: 'ended messages',
  everyMs: endingLimits.everyMs,
  run: async (signal) => {
    const { messagesPerReadMax: take } = endingLimits
    await repeat(() => deleteEnded(parts), { take, signal })
  },
})

/** Deletes some messages that have ended by themselves. Returns how many; fewer than a page when no more have. */
export async function deleteEnded({ sql, feed, media }: Parts): Promise<number> {
  const ended = await readEnded(sql, endingLimits.messagesPerReadMax)
  for (const [roomId, messages] of Map.groupBy(ended, (message) => message.roomId)) {
    const ids = messages.map(({ id }) => id)
    const files = await feed.write([roomId], async (write) => {
      const messageIds = await keepLiving(write.tx, ids)
      return buryMessages(write, { roomId, messageIds, actorId: null, by: null })
    })
    await media.removeFiles(files)
  }
  return ended.length
}
