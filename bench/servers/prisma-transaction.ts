// A send as it is usually written with Prisma: an interactive transaction with a notification in it.

import { openPrisma } from '../prisma.ts'
import { type NewMessage, serveSends } from './send-schema.ts'
import { serve } from './serve.ts'

const waitMs = 60_000

await serve(async ({ databaseUrl, poolSize }) => {
  const db = openPrisma(databaseUrl, poolSize)

  function store({ id, roomId, authorId, body }: NewMessage): Promise<number> {
    return db.$transaction(
      async (tx) => {
        const member = await tx.member.findUnique({ where: { roomId_userId: { roomId, userId: authorId } } })
        if (!member) throw new Error('You are not a member of this room.')
        const topic = await tx.topic.update({
          where: { id: roomId },
          data: { head: { increment: 1 }, lastNumber: { increment: 1 }, activeAt: new Date() },
        })
        const { head: seq, lastNumber: number } = topic
        await tx.message.create({ data: { id, roomId, authorId, body, number, seq } })
        const event = { topicId: roomId, seq, kind: 'MESSAGE_SENT', actorId: authorId, subject: id } as const
        // these servers prove nothing: a chain of any content
        await tx.event.create({ data: { ...event, at: new Date(), chain: new Uint8Array(8) } })
        await tx.$executeRaw`select pg_notify('bench', ${`${roomId} ${seq}`})`
        return number
      },
      { maxWait: waitMs, timeout: waitMs },
    )
  }

  return { url: await serveSends(store) }
})
