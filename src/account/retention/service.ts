// Retention: deletes old events of the feed, old messages if the operator wants it, and old ended rows.

import type { ServiceContext } from '../../access/context.ts'
import { retentionLimits } from '../../config/account.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { readTopicsToTrim, trimTopic } from '../../feed/trim.ts'
import { buryMessages } from '../../messages/deletion/service.ts'
import { type Ending, readOldest, readRoomsToExpire, sweepEnded } from './queries.ts'

const { rowsPerStatementMax: take, topicsPerReadMax, messagesPerWriteMax } = retentionLimits
const dayMs = 86_400_000

/** The parts of the server that retention needs. */
type Parts = Pick<ServiceContext, 'sql' | 'clock' | 'feed' | 'config' | 'media'>

/** The number of deleted rows of each kind. */
export type Pruned = Readonly<Record<'events' | 'messages' | Ending, number>>

/** Creates the retention chore: see `prune`. */
export const retentionChore = (parts: Parts): Chore => ({
  name: 'retention',
  everyMs: retentionLimits.everyMs,
  run: async (signal) => void (await prune(parts, signal)),
})

/**
 * Deletes everything past its retention time, in short transactions.
 *
 * It can be interrupted anywhere, and run concurrently. `onStep` is told after each kind of rows.
 */
export async function prune(
  parts: Parts,
  signal: AbortSignal = new AbortController().signal,
  onStep: (done: number, total: number) => void = () => {},
): Promise<Pruned> {
  const { sql } = parts
  const { sessionDays, endedDays, formerMemberDays } = retentionLimits
  const sweep = (ending: Ending, days: number) =>
    repeat(() => sweepEnded(sql, ending, { days, take }), { take, signal })
  const steps = {
    // first, because deletions of messages add events to the feed
    messages: () => expireMessages(parts, signal),
    events: () => pruneFeed(parts, signal),
    sessions: () => sweep('sessions', sessionDays),
    invites: () => sweep('invites', endedDays),
    bans: () => sweep('bans', endedDays),
    formerMembers: () => sweep('formerMembers', formerMemberDays),
    invitations: () => sweep('invitations', endedDays),
    auditEvents: () => sweep('auditEvents', parts.config.audit.days),
    restingNames: () => sweep('restingNames', parts.config.retention.usernameRestDays),
  } satisfies Record<keyof Pruned, () => Promise<number>>
  const counts: [string, number][] = []
  const all = Object.entries(steps)
  for (const [name, step] of all) {
    counts.push([name, await step()])
    onStep(counts.length, all.length)
  }
  return Object.fromEntries(counts) as Pruned
}

/** Trims the feed of every topic by age and number. Returns the number of deleted events. */
async function pruneFeed({ sql, clock, config }: Parts, signal: AbortSignal): Promise<number> {
  const { feedDays, feedEventsMax: eventsMax } = config.retention
  const trimming = { before: new Date(clock.now() - feedDays * dayMs), eventsMax }
  let events = 0
  let afterId: string | null = null
  do {
    const { dueIds, lastId } = await readTopicsToTrim(sql, trimming, { afterId, take: topicsPerReadMax })
    for (const topicId of dueIds) {
      events += await repeat(() => trimTopic(sql, topicId, { ...trimming, take }), { take, signal })
    }
    afterId = lastId
  } while (afterId !== null && !signal.aborted)
  return events
}

/** Deletes old messages in every room. Returns their number. */
async function expireMessages(parts: Parts, signal: AbortSignal): Promise<number> {
  const { messageDays } = parts.config.retention
  if (messageDays === 0) return 0
  const before = new Date(parts.clock.now() - messageDays * dayMs)
  let messages = 0
  let afterId: string | null = null
  do {
    const rooms = await readRoomsToExpire(parts.sql, { before, afterId, take: topicsPerReadMax })
    for (const { roomId } of rooms.filter((room) => room.isDue)) {
      let isDone = false
      while (!isDone && !signal.aborted) {
        const expired = await expireSome(parts, roomId, before)
        messages += expired.deleted
        isDone = expired.isLast
      }
    }
    afterId = rooms.length < topicsPerReadMax ? null : (rooms.at(-1)?.roomId ?? null)
  } while (afterId !== null && !signal.aborted)
  return messages
}

/**
 * Turns the oldest messages of a room into tombstones, so that numbers stay dense and clients get an event.
 *
 * System messages carry no content, and stay.
 */
async function expireSome(
  { feed, media }: Parts,
  roomId: string,
  before: Date,
): Promise<{ deleted: number; isLast: boolean }> {
  const expired = await feed.write([roomId], async (write) => {
    const oldest = await readOldest(sqlOfPrisma(write.tx), roomId, messagesPerWriteMax)
    const young = oldest.findIndex(({ createdAt }) => createdAt >= before)
    const old = young < 0 ? oldest : oldest.slice(0, young)
    const expiredNumber = old.at(-1)?.number
    if (expiredNumber === undefined) return { files: [], deleted: 0, isLast: true }
    const messageIds = old.filter(({ kind, deletedAt }) => kind === 'TEXT' && !deletedAt).map(({ id }) => id)
    const files = await buryMessages(write, { roomId, messageIds, actorId: null, by: 'OPERATOR' })
    await write.tx.roomRetention.upsert({
      where: { roomId },
      create: { roomId, expiredNumber },
      update: { expiredNumber },
    })
    return { files, deleted: messageIds.length, isLast: old.length < messagesPerWriteMax }
  })
  await media.removeFiles(expired.files)
  return expired
}
