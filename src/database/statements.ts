// Times the statements of a connection, by the names of the functions that send them.

import type pg from 'pg'
import { memoize } from '../concurrency/lru.ts'
import { databaseLimits } from '../config/database.ts'
import { describeFault } from './faults.ts'

/** A statement that was answered. */
export interface AnsweredStatement {
  /** The function that sent it, such as `readAfter`; `select users` for one of Prisma. */
  readonly name: string
  readonly ms: number
  /** The class of its SQLSTATE, such as `23`, or `connection`; null when it succeeded. */
  readonly errorClass: string | null
}

/** Called for every answered statement: it must be quick and may not throw. */
export type OnStatement = (statement: AnsweredStatement) => void

type Query = (...args: readonly unknown[]) => unknown

/**
 * Creates the function that times all statements of a connection.
 *
 * It replaces the connection's `query`, because pools, transactions, batches and Prisma all end there.
 */
export function createStatementWatch(onStatement: OnStatement): (client: pg.ClientBase) => void {
  // the texts are long
  const nameOf = memoize(nameStatement, { max: databaseLimits.statementNamesMax })
  return (client) => {
    const prototype = Object.getPrototypeOf(client) as { readonly query: Query }
    // looked up for each call: it is pg's, and others may watch it too
    const query: Query = (...args) => Reflect.apply(prototype.query, client, args)
    const watched: Query = (...args) => {
      const began = performance.now()
      const name = nameOf(textOf(args[0]))
      const done = (error: unknown) =>
        onStatement({ name, ms: performance.now() - began, errorClass: error ? classOf(error) : null })
      const settle = async (result: Promise<unknown>) => done(await result.then(() => null, toError))
      const callback = args.at(-1)
      if (typeof callback === 'function') {
        const answer: Query = (error, ...rest) => {
          done(error)
          return Reflect.apply(callback, client, [error, ...rest])
        }
        return query(...args.slice(0, -1), answer)
      }
      const result = query(...args)
      if (result instanceof Promise) void settle(result)
      return result
    }
    client.query = watched as typeof client.query
  }
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const isConfig = typeof statement === 'object' && statement !== null && 'text' in statement
  return isConfig && typeof statement.text === 'string' ? statement.text : ''
}

const toError = (error: unknown) => error ?? new Error('unknown')

function classOf(error: unknown): string {
  return describeFault(error).sqlState?.slice(0, 2) ?? 'connection'
}

/** Names a statement by its comment, or else by its verb and first table. */
export function nameStatement(text: string): string {
  const named = /^\s*(?:--|\/\*)\s*(\w+)/.exec(text)?.[1] ?? /--\s*(\w+)\s*$/.exec(text)?.[1]
  if (named) return named
  const verb = /^\s*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? 'other'
  const table = /"public"\."(\w+)"/.exec(text)?.[1]
  return table ? `${verb} ${table}` : verb
}
