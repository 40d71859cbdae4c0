import { findRegistered } from '../auth/account-commands.ts'
import { auditLimits } from '../config/audit.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { badInput } from '../errors.ts'
import { type AuditEvent, AuditKind } from '../generated/prisma/client.ts'
import { formatId } from '../input/ids.ts'
import { readAuditEvents } from '../operators/audit/queries.ts'
import type { Action, Asked } from './command.ts'
import { withDatabase } from './database.ts'

const { rowsShownMax } = auditLimits

/** Lists security events. */
export const auditCommand: Action = {
  about: `list security events, newest first: sign-ins, changes of passwords and roles, bans, commands, and others`,
  options: {
    user: { value: 'USERNAME', about: 'only what this user did, or what is about them' },
    kind: { value: 'KIND', about: 'only one kind, such as SIGN_IN_REFUSED' },
    first: { value: 'N', about: `how many, at most ${rowsShownMax}; default: 100` },
    json: { about: 'print lines of JSON' },
  },
  run: ({ options }) =>
    withDatabase(async (parts) => {
      const { user, kind, json } = options
      const rows = await readAuditEvents(sqlOfPrisma(parts.db), {
        kind: readKind(kind),
        userId: user === undefined ? null : (await findRegistered(parts, user)).id,
        ...{ roomId: null, afterId: null, take: readCount(options) },
      })
      return rows.map(json === undefined ? describeRow : (row) => JSON.stringify(row)).join('\n')
    }),
}

function readKind(given: string | undefined): AuditKind | null {
  if (given === undefined) return null
  const known = Object.values(AuditKind).find((kind) => kind === given.toUpperCase())
  if (!known) throw badInput('kind', `is not one of ${Object.values(AuditKind).join(', ')}`)
  return known
}

function readCount({ first = '100' }: Asked['options']): number {
  const count = Number(first)
  if (/^\d+$/.test(first) && count >= 1 && count <= rowsShownMax) return count
  throw badInput('first', `must be an integer from 1 to ${rowsShownMax}`)
}

function describeRow({ at, kind, actorId, userId, roomId, address, detail, times }: AuditEvent): string {
  const parts = [
    ...[at.toISOString(), kind.padEnd(20)],
    ...(userId ? [`of ${formatId('User', userId)}`] : []),
    ...(actorId && actorId !== userId ? [`by ${formatId('User', actorId)}`] : []),
    ...(roomId ? [`in ${formatId('Room', roomId)}`] : []),
    ...(address ? [`from ${address}`] : []),
    ...(detail ? [detail] : []),
    ...(times > 1 ? [`${times} times`] : []),
  ]
  return parts.join('  ')
}
