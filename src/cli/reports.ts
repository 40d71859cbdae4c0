// The commands for reports that no moderator can handle.

import { limits } from '../config/config.ts'
import { formatId, parseId } from '../input/ids.ts'
import { listOpenReports, type OpenReport, settleReport } from '../messages/reports/service.ts'
import { shownName } from '../users/service.ts'
import type { Asked, Command } from './command.ts'
import { withDatabase } from './database.ts'

/** Lists reports that no moderator sees, and resolves them. */
export const reportsCommand: Command = {
  about: 'list reports that no moderator sees, and resolve them',
  actions: {
    list: {
      options: { all: { about: 'include reports that moderators of the room see' } },
      about: `list open reports of direct and deleted rooms, and of rooms without another moderator, the oldest ${limits.reportsShownMax}`,
      run: listReports,
    },
    resolve: {
      given: ['REPORT'],
      about: 'resolve a report',
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
    return reports.length === 0 ? 'There are no reports.' : reports.map(describeReport).join('\n\n')
  })
}

function describeReport({ id, createdAt, reason, body, room, reporter, message }: OpenReport): string {
  const where = room.kind === 'DIRECT' ? 'a direct room' : `the room ${plain(room.name ?? '')} (${room.code})`
  return [
    `${formatId('Report', id)}  ${createdAt.toISOString()}  in ${where}`,
    `  by      ${nameOf(reporter)}`,
    `  reason  ${plain(reason)}`,
    `  author  ${message.author ? nameOf(message.author) : 'nobody'}`,
    `  body    ${plain(body ?? '')}${message.deletedAt ? ' (deleted)' : ''}`,
    ...message.attachments.map((file) => `  file    ${plain(file.name)} (${file.mimeType}, ${file.bytes} bytes)`),
  ].join('\n')
}

const nameOf = (user: OpenReport['reporter']) =>
  `${plain(shownName(user))} (${user.deletedAt ? 'deleted' : (user.username ?? 'guest')}, ${formatId('User', user.id)})`

/** Text of users on one line, without control characters for the terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
