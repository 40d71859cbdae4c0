import type { Action, Command } from './command.ts'
import { onDatabase } from './database.ts'

const roomActions: Record<string, Action> = {
  'hand-over': {
    given: ['CODE', 'USERNAME'],
    about: 'make a user the owner of a room; they become a member if they are not',
    run: onDatabase(async (parts, [code = '', username = '']) => {
      const { handOver } = await import('../membership/ownership/hand-over/service.ts')
      const room = await handOver(parts, { code, username })
      return `${username} owns ${room.name ?? room.code} now.`
    }),
  },
}

/** Repairs rooms. */
export const roomsCommand: Command = { about: 'hand rooms over', actions: roomActions }
