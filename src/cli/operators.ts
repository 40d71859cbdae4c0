import { addOperator, listOperators, removeOperator } from '../operators/service.ts'
import type { Command } from './command.ts'
import { onDatabase } from './database.ts'

/** Adds and removes operators. */
export const operatorsCommand: Command = {
  about: 'add and remove operators, who see all accounts, reports and security events in the API',
  actions: {
    list: {
      about: 'list all operators',
      run: onDatabase(async (parts) => {
        const operators = await listOperators(parts)
        if (operators.length === 0) return 'There are none. Add one: kabar operators add USERNAME'
        return operators.map(({ username, addedAt }) => `${username}  since ${addedAt.toISOString()}`).join('\n')
      }),
    },
    add: {
      given: ['USERNAME'],
      about: 'make a registered user with a password an operator',
      run: onDatabase(async (parts, [username = '']) => {
        await addOperator(parts, username)
        return `${username} is an operator now.`
      }),
    },
    remove: {
      given: ['USERNAME'],
      about: 'take the rights of an operator back, at once',
      run: onDatabase(async (parts, [username = '']) => {
        await removeOperator(parts, username)
        return `${username} is no operator any more.`
      }),
    },
  },
}
