// How long things are kept, and the numbers of accounts that end: a part of config.ts.

import type { z } from 'zod'
import { integer } from './variable-types.ts'

const days = (min: number) => integer(min, 36_500)

/** The environment variables of what is kept. */
export const retentionVariables = {
  FEED_DAYS: {
    schema: days(1),
    default: '30',
    description: 'Events are kept for so many days: an older cursor gets `ResyncRequired`.',
  },
  FEED_EVENTS_MAX: {
    schema: integer(1_000, 1_000_000_000),
    default: '100000',
    description: 'Of a room or user at most so many events are kept, the newest.',
  },
  MESSAGE_DAYS: {
    schema: days(0),
    default: '0',
    description: 'Messages are deleted after so many days, as by their authors; 0 keeps them for ever.',
  },
  USERNAME_REST_DAYS: {
    schema: days(0),
    default: '30',
    description: 'The username of a deleted account can be taken by nobody for so many days; 0 frees it at once.',
  },
} as const

/** What is kept, and for how long. */
export interface RetentionConfig {
  readonly feedDays: number
  readonly feedEventsMax: number
  /** 0 for ever. */
  readonly messageDays: number
  /** 0 for not at all. */
  readonly usernameRestDays: number
}

type Values = { [K in keyof typeof retentionVariables]: z.output<(typeof retentionVariables)[K]['schema']> }

/** Makes the settings of what is kept. */
export function readRetentionConfig(values: Values): RetentionConfig {
  return {
    feedDays: values.FEED_DAYS,
    feedEventsMax: values.FEED_EVENTS_MAX,
    messageDays: values.MESSAGE_DAYS,
    usernameRestDays: values.USERNAME_REST_DAYS,
  }
}

/** Times and bounds of what removes old things. */
export const retentionLimits = {
  /** What is too old is looked for this often. */
  everyMs: 10 * 60_000,
  /** The topics, and the rooms, that one statement looks at. */
  topicsPerReadMax: 500,
  /** The rows that one statement removes. */
  rowsPerStatementMax: 1_000,
  /** The messages that one transaction deletes, each with an event. */
  messagesPerWriteMax: 100,
  /** A session that has ended is kept for so long. */
  sessionDays: 30,
  /** An invite that lets nobody in and a ban that is over are kept for so long. */
  endedDays: 90,
  /** A mute, or a last message, of who has left a room is kept for so long after it bound them: slow mode takes hours. */
  formerMemberDays: 1,
} as const

/** Times and bounds of what follows the deletion of an account. */
export const accountDeletionLimits = {
  /** Deleted accounts are looked for this often. */
  everyMs: 5_000,
  /** The deleted accounts that one run takes. */
  accountsMax: 1_000,
  /** The rooms that are left before deleteAccount answers; all others follow. */
  roomsAtOnceMax: 50,
  /** The rooms that are read at a time. */
  roomsPerReadMax: 100,
  /** The friends that one transaction tells: it locks as many topics, and one more. */
  friendsPerWriteMax: 99,
  /** The rows that one statement removes. */
  rowsPerStatementMax: 1_000,
  /** What was already on its way when the account was deleted has come by then; it is looked at once more. */
  settledMs: 60_000,
} as const

/** Times and bounds of exports of what the server holds about a user. */
export const dataExportLimits = {
  /** Exports that wait are looked for this often. */
  everyMs: 3_000,
  /** The exports that one user may ask for in 24 hours. */
  exportsPerDayMax: 3,
  /** An export can be got for so long. */
  keptDays: 7,
  /** An export that failed so often is given up. */
  triesMax: 3,
  /** The exports that one run makes. */
  exportsPerRunMax: 100,
  /** The rows that one statement reads. */
  rowsPerReadMax: 500,
} as const
