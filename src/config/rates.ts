// Rate limits: how often something may be tried or made. A part of config.ts.

import { flag } from './variable-types.ts'

/** The environment variables of the rate limits. */
export const rateVariables = {
  RATE_LIMITS: {
    schema: flag,
    default: 'true',
    description:
      'Turns on rate limits: sign-ins, sign-ups and password attempts per address, actions and operations per user. Turn them off only for load tests.',
  },
} as const

/** The window of SENDS_PER_10_SECONDS. */
export const sendWindowMs = 10_000

/** A rate limit: `points` attempts in `seconds`. */
export interface Rate {
  readonly points: number
  readonly seconds: number
}

/**
 * Rate limits over all servers.
 *
 * Windows are short, and every key contains the user or address that tries, so that users cannot lock each other out.
 */
export const rateDefaults = {
  /** Failed sign-ins from one address to one username. */
  signInToAccount: { points: 10, seconds: 300 },
  /** Failed sign-ins from one address. */
  signInFromAddress: { points: 100, seconds: 300 },
  /** Accounts and guests created from one address. */
  signUpFromAddress: { points: 100, seconds: 600 },
  /** Session refreshes from one address. */
  refreshFromAddress: { points: 600, seconds: 60 },
  /** Wrong current-password attempts of one user. */
  passwordOfUser: { points: 10, seconds: 300 },
  /** Passwords that one user sets for the account or for rooms: hashing each takes CPU time. */
  passwordSetByUser: { points: 10, seconds: 300 },
  /** Rooms that one user creates, including direct rooms. */
  roomsOfUser: { points: 60, seconds: 600 },
  /** Rooms that one user joins. */
  joinsOfUser: { points: 60, seconds: 600 },
  /** Calls that add members, by one user. */
  additionsOfUser: { points: 60, seconds: 600 },
  /** Edits of messages by one user, as SENDS_PER_10_SECONDS bounds sends. */
  editsOfUser: { points: 50, seconds: 10 },
  /** Reactions that one user adds to or removes from one message. */
  reactionsToMessage: { points: 60, seconds: 60 },
  /** Invites that one user creates. */
  invitesOfUser: { points: 60, seconds: 600 },
  /** Friend requests that one user sends. */
  friendRequestsOfUser: { points: 60, seconds: 600 },
  /** Calls of deleteMyMessages by one user. */
  erasuresOfUser: { points: 30, seconds: 600 },
  /** Messages that one user reports. */
  reportsOfUser: { points: 30, seconds: 600 },
  /** Uploads that one user creates. */
  uploadsOfUser: { points: 200, seconds: 600 },
  /** Message searches of one user. */
  searchesOfUser: { points: 120, seconds: 60 },
  /** Profile changes of one user: each notifies many others. */
  profilesOfUser: { points: 60, seconds: 600 },
  /** Changes of who shows receipts by one user: the watermarks of their rooms are searched again for a while. */
  receiptChangesOfUser: { points: 20, seconds: 3_600 },
  /** Wrong room passwords of one user for one room. */
  passwordOfRoom: { points: 10, seconds: 300 },
  /** Wrong room passwords from one address for one room, since new guests cost nothing. */
  passwordOfRoomFromAddress: { points: 50, seconds: 300 },
} as const

/** Interval at which expired counters are deleted. */
export const rateSweepMs = 10 * 60_000

/** The name of a rate limit. */
export type RateName = keyof typeof rateDefaults

/** All rate limits by name. */
export type RateConfig = Readonly<Record<RateName, Rate>>

/** Reads the rate limits; null when they are off. */
export function readRateConfig(values: { readonly RATE_LIMITS: boolean }): RateConfig | null {
  return values.RATE_LIMITS ? rateDefaults : null
}
