// Guests cannot sign in again: with their last session they leave their rooms.

import type { ServiceContext } from '../../access/context.ts'
import { endSessions } from '../../auth/sessions/service.ts'
import { guestLimits, retentionLimits } from '../../config/account.ts'
import type { Chore } from '../../database/chores.ts'
import { readRoomsToLeave } from '../room-removal/queries.ts'
import { removeFromRoom } from '../room-removal/service.ts'
import { readGuestsAway, readGuestsGone } from './queries.ts'

/** The parts of the server that guests need. */
type Parts = Pick<ServiceContext, 'db' | 'sql' | 'clock' | 'feed' | 'config' | 'log' | 'typists'>

const dayMs = 86_400_000

/** Creates the chore that lets guests leave rooms: see `dismissGuests`. */
export function guestChore(parts: Parts): Chore {
  // looks back as long as ended sessions are kept, to find guests whose session ended while no server ran
  let since = new Date(parts.clock.now() - retentionLimits.sessionDays * dayMs)
  return {
    name: 'guests',
    everyMs: guestLimits.everyMs,
    async run(signal) {
      const begunAt = parts.clock.now()
      if (await dismissGuests(parts, since, signal)) since = new Date(begunAt - guestLimits.overlapMs)
    },
  }
}

/** Creates the chore that ends the sessions of guests who were away for GUEST_DAYS. */
export const guestsAwayChore = (parts: Parts): Chore => ({
  name: 'guests away',
  everyMs: retentionLimits.everyMs,
  run: (signal) => endAwayGuests(parts, signal),
})

/**
 * Lets guests leave their rooms whose last session ended since a time.
 *
 * @returns whether these were all of them.
 */
export async function dismissGuests(
  parts: Parts,
  since: Date,
  signal: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const { guestsPerRunMax, roomsPerReadMax } = guestLimits
  const guestIds = await readGuestsGone(parts.sql, { since, take: guestsPerRunMax })
  let areAllGone = guestIds.length < guestsPerRunMax
  for (const userId of guestIds) {
    if (signal.aborted) return false
    try {
      const rooms = await readRoomsToLeave(parts.db, userId, roomsPerReadMax)
      for (const room of rooms) await removeFromRoom(parts, { ...room, userId, kind: 'MEMBER_LEFT' })
      areAllGone &&= rooms.length < roomsPerReadMax
    } catch (error) {
      areAllGone = false
      parts.log.warn({ err: error, userId }, 'a guest could not leave their rooms; trying again')
    }
  }
  return areAllGone
}

/** Ends the sessions of guests who were away for GUEST_DAYS. They leave their rooms then. */
export async function endAwayGuests(
  { sql, feed, clock, config }: Parts,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const { guestDays: days } = config.retention
  if (days === 0) return
  for (const userId of await readGuestsAway(sql, { days, take: guestLimits.guestsPerRunMax })) {
    if (signal.aborted) return
    await feed.write([userId], async (write) => void (await endSessions({ clock }, write, { userId })))
  }
}
