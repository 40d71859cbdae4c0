// Retention, account deletion and data exports. A part of config.ts.

import type { z } from 'zod'
import { integer } from './variable-types.ts'

const days = (min: number) => integer(min, 36_500)

/** The environment variables of retention. */
export const retentionVariables = {
  FEED_DAYS: {
    schema: days(1),
    default: '30',
    description: 'Days that events are kept: an older cursor gets `ResyncRequired`.',
  },
  FEED_EVENTS_MAX: {
    schema: integer(1_000, 1_000_000_000),
    default: '100000',
    description: 'Maximum number of events kept per room or user: the newest.',
  },
  MESSAGE_DAYS: {
    schema: days(0),
    default: '0',
    description: 'Days after which messages are deleted, as if by their authors; 0 keeps them forever.',
  },
  USERNAME_REST_DAYS: {
    schema: days(0),
    default: '30',
    description: 'Days that the username of a deleted account stays reserved; 0 frees it at once.',
  },
  GUEST_DAYS: {
    schema: days(0),
    default: '0',
    description:
      'Days after which the sessions of a guest who was not seen end, and the guest leaves all rooms; 0 keeps them as long as other sessions.',
  },
} as const

/** Retention settings. */
export interface RetentionConfig {
  readonly feedDays: number
  readonly feedEventsMax: number
  /** 0 means forever. */
  readonly messageDays: number
  /** 0 means not at all. */
  readonly usernameRestDays: number
  /** 0 means not by their absence. */
  readonly guestDays: number
}

type Values = { [K in keyof typeof retentionVariables]: z.output<(typeof retentionVariables)[K]['schema']> }

/** Reads the retention settings. */
export function readRetentionConfig(values: Values): RetentionConfig {
  return {
    feedDays: values.FEED_DAYS,
    feedEventsMax: values.FEED_EVENTS_MAX,
    messageDays: values.MESSAGE_DAYS,
    usernameRestDays: values.USERNAME_REST_DAYS,
    guestDays: values.GUEST_DAYS,
  }
}

/** Times and limits of the chore that removes old data. */
export const retentionLimits = {
  /** Interval of the search for old data. */
  everyMs: 10 * 60_000,
  /** Maximum number of topics, or rooms, per read. */
  topicsPerReadMax: 500,
  /** Maximum number of rows that one statement deletes. */
  rowsPerStatementMax: 1_000,
  /** Maximum number of messages that one transaction deletes, each with an event. */
  messagesPerWriteMax: 100,
  /** Days that an ended session is kept. */
  sessionDays: 30,
  /** Days that a used-up or expired invite and an expired ban are kept. */
  endedDays: 90,
  /** Days that the mute and the last message of a former member are kept after they stop mattering: slow mode takes hours. */
  formerMemberDays: 1,
} as const

/** Times and limits of the cleanup after an account is deleted. */
export const accountDeletionLimits = {
  /** Interval of the search for deleted accounts. */
  everyMs: 5_000,
  /** Maximum number of deleted accounts per run. */
  accountsMax: 1_000,
  /** Rooms that the user leaves before `deleteAccount` answers; the chore handles the rest. */
  roomsAtOnceMax: 50,
  /** Maximum number of rooms per read. */
  roomsPerReadMax: 100,
  /** Maximum number of friends that one transaction notifies: it locks one topic for each, and one more. */
  friendsPerWriteMax: 99,
  /** Maximum number of rows that one statement deletes. */
  rowsPerStatementMax: 1_000,
  /** Writes in flight at the deletion have arrived by then: the account is checked once more. */
  settledMs: 60_000,
} as const

/** Times and limits of guests, who leave their rooms with their last session. */
export const guestLimits = {
  /** Interval of the search for guests whose last session has ended. */
  everyMs: 5_000,
  /** Sessions that ended this long before the last search are looked at again: a clock may be late, or a commit. */
  overlapMs: 60_000,
  /** Maximum number of guests per run. */
  guestsPerRunMax: 500,
  /** Maximum number of rooms that a guest leaves per run. */
  roomsPerReadMax: 100,
} as const

/** Times and limits of data exports. */
export const dataExportLimits = {
  /** Interval of the search for waiting exports. */
  everyMs: 3_000,
  /** Exports that one user may request in 24 hours. */
  exportsPerDayMax: 3,
  /** Days that a finished export can be downloaded. */
  keptDays: 7,
  /** Number of failures after which an export is abandoned. */
  triesMax: 3,
  /** Maximum number of exports per run. */
  exportsPerRunMax: 100,
  /** Maximum number of rows per read. */
  rowsPerReadMax: 500,
} as const
