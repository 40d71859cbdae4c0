// The record of security events. A part of config.ts.

import type { z } from 'zod'
import { flag, integer } from './variable-types.ts'

/** The environment variables of the audit. */
export const auditVariables = {
  AUDIT_DAYS: {
    schema: integer(1, 36_500),
    default: '90',
    description:
      'Days that security events are kept: sign-ins, changes of passwords and roles, bans, commands, and others.',
  },
  AUDIT_LOG: {
    schema: flag,
    default: 'false',
    description: 'Prints each security event as a line of JSON: servers on stdout, commands on stderr.',
  },
} as const

/** Settings of the audit. */
export interface AuditConfig {
  readonly days: number
  /** True when events are printed too. */
  readonly isPrinted: boolean
}

type Values = { [K in keyof typeof auditVariables]: z.output<(typeof auditVariables)[K]['schema']> }

/** Reads the settings of the audit. */
export function readAuditConfig(values: Values): AuditConfig {
  return { days: values.AUDIT_DAYS, isPrinted: values.AUDIT_LOG }
}

/** Times and limits of the audit. */
export const auditLimits = {
  /** Refused attempts are written after this time. Equal ones become one row with a count. */
  refusalsMs: 1_000,
  /** Different refused attempts that wait to be written; of further ones only the kind is counted. */
  waitingMax: 1_000,
  /** Characters of the detail of a security event. */
  detailLengthMax: 200,
  /** Rows that `kabar audit` prints at once. */
  rowsShownMax: 1_000,
} as const
