// Rate limits: how often something may be tried or made. A part of config.ts.

import { flag } from './variable-types.ts'

/** The environment variables of the rate limits. */
export const rateVariables = {
  RATE_LIMITS: {
    schema: flag,
    default: 'true',
    description:
      'Bounds how often one address may sign in, sign up and try passwords, and what one user may make and ask. Off for load tests alone.',
  },
} as const

/** The window of SENDS_PER_10_SECONDS. */
export const sendWindowMs = 10_000

/** How often something may be tried: so many times in so many seconds. */
export interface Rate {
  readonly points: number
  readonly seconds: number
}

/**
 * How often somebody may try, over all servers.
 *
 * The windows are short, and every key has the one in it who tries, so that nobody can lock somebody else out.
 */
export const rateDefaults = {
  /** Failed sign-ins of one address to one username. */
  signInToAccount: { points: 10, seconds: 300 },
  /** Failed sign-ins of one address. */
  signInFromAddress: { points: 100, seconds: 300 },
  /** Accounts and guests that one address makes. */
  signUpFromAddress: { points: 100, seconds: 600 },
  /** Refreshes from one address. */
  refreshFromAddress: { points: 600, seconds: 60 },
  /** Passwords of the account that its user says wrongly. */
  passwordOfUser: { points: 10, seconds: 300 },
  /** Passwords that one user sets for the account or for rooms: each costs a core some time. */
  passwordSetByUser: { points: 10, seconds: 300 },
  /** Rooms that one user makes, and direct rooms that one opens for the first time. */
  roomsOfUser: { points: 60, seconds: 600 },
  /** Rooms that one user enters. */
  joinsOfUser: { points: 60, seconds: 600 },
  /** How often one user adds members. */
  additionsOfUser: { points: 60, seconds: 600 },
  /** Invites that one user makes. */
  invitesOfUser: { points: 60, seconds: 600 },
  /** Friend requests that one user sends. */
  friendRequestsOfUser: { points: 60, seconds: 600 },
  /** Messages that one user reports. */
  reportsOfUser: { points: 30, seconds: 600 },
  /** Uploads that one user announces. */
  uploadsOfUser: { points: 200, seconds: 600 },
  /** Searches of one user through messages. */
  searchesOfUser: { points: 120, seconds: 60 },
  /** Changes of one user to their profile, of which many are told. */
  profilesOfUser: { points: 60, seconds: 600 },
  /** Wrong passwords of one user for one room. */
  passwordOfRoom: { points: 10, seconds: 300 },
  /** Wrong passwords of one address for one room, since guests are easily made. */
  passwordOfRoomFromAddress: { points: 50, seconds: 300 },
} as const

/** Counts that are over are deleted this often. */
export const rateSweepMs = 10 * 60_000

/** What is counted. */
export type RateName = keyof typeof rateDefaults

/** How often each may be tried. */
export type RateConfig = Readonly<Record<RateName, Rate>>

/** Makes the rates; null where nothing is counted. */
export function readRateConfig(values: { readonly RATE_LIMITS: boolean }): RateConfig | null {
  return values.RATE_LIMITS ? rateDefaults : null
}
