// The commands with which an operator looks after reports that reach no moderator.

import { limits } from '../config/config.ts'
import { formatId, parseId } from '../input/ids.ts'
import { listOpenReports, type OpenReport, settleReport } from '../messages/reports/service.ts'
import { shownName } from '../users/service.ts'
import type { Asked, Command } from './command.ts'
import { withDatabase } from './database.ts'

/** Shows reports that no moderator sees, and marks them as dealt with. */
export const reportsCommand: Command = {
  about: 'show reports that no moderator sees, and mark them as dealt with',
  actions: {
    list: {
      options: { all: { about: 'also those that moderators of the room see' } },
      about: `show open reports of direct rooms and of rooms where nobody else moderates, the oldest ${limits.reportsShownMax}`,
      run: listReports,
    },
    resolve: {
      given: ['REPORT'],
      about: 'mark a report as dealt with',
      run: ({ given: [report = ''] }) =>
        withDatabase(async (parts) => {
          await settleReport(parts, parseId('Report', report, 'REPORT'))
          return `Resolved ${report}.`
        }),
    },
  },
}

function listReports({ options: { all } }: Asked): Promise<string> {
  return withDatabase(async (parts) => {
    const reports = await listOpenReports(parts, { withModerated: all !== undefined })
    return reports.length === 0 ? 'There is none.' : reports.map(describeReport).join('\n\n')
  })
}

function describeReport({ id, createdAt, reason, room, reporter, message }: OpenReport): string {
  const where = room.kind === 'DIRECT' ? 'a direct room' : `the room ${plain(room.name ?? '')} (${room.code})`
  return [
    `${formatId('Report', id)}  ${createdAt.toISOString()}  in ${where}`,
    `  by      ${nameOf(reporter)}`,
    `  reason  ${plain(reason)}`,
    `  author  ${message.author ? nameOf(message.author) : 'nobody'}`,
    `  body    ${message.deletedAt ? '(deleted)' : plain(message.body ?? '')}`,
  ].join('\n')
}

const nameOf = (user: OpenReport['reporter']) =>
  `${plain(shownName(user))} (${user.deletedAt ? 'deleted' : (user.username ?? 'guest')}, ${formatId('User', user.id)})`

/** Text of users on one line, without what a terminal would obey. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
