// The base of all commands: arguments, options, help and errors.

import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config.ts'
import { translateFault } from '../database/faults.ts'
import { StartError } from '../database/start-error.ts'
import { AppError } from '../errors.ts'
import { type RunningCommand, runAs } from './audit-command.ts'

/** An option of an action. */
export interface Option {
  readonly about: string
  /** The name of its value in the help; an option without one is a switch. */
  readonly value?: string
}

/** The parsed arguments and options of an action. */
export interface Asked {
  /** Its arguments, in order and complete. */
  readonly given: readonly string[]
  /** The options that were given; a switch has the value `true`. */
  readonly options: Readonly<Record<string, string | undefined>>
}

/** The result of an action: text for stdout, and whether it found a problem. */
export type Outcome = string | { readonly text: string; readonly isFault: boolean }

/** One action of the command line. */
export interface Action {
  readonly about: string
  /** The names of its arguments, in order. */
  readonly given?: readonly string[]
  /** The name of arguments that it hands on as they are, options too. Then it has no others. */
  readonly rest?: string
  readonly options?: Readonly<Record<string, Option>>
  /** When its run is recorded as a security event. Default: before the work. */
  readonly recorded?: RunningCommand['recorded']
  run(asked: Asked): Promise<Outcome>
}

/** A command is one action, or has several. */
export type Command = Action | { readonly about: string; readonly actions: Readonly<Record<string, Action>> }

/** All commands by name. */
export type Commands = Readonly<Record<string, Command>>

const program = 'npm run kabar --'
const isHelp = (word: string | undefined) => word === '--help' || word === '-h'

/**
 * Runs the command of the arguments.
 *
 * Prints the result to stdout, and errors to stderr.
 *
 * @returns the exit code: 1 for any error.
 */
export async function runCommand(commands: Commands, args: readonly string[]): Promise<number> {
  const asked = findAction(commands, args)
  if ('usage' in asked) return explain(asked)
  const input = readArguments(asked.action, asked.args)
  const usage = usageOf(asked.name, asked.action)
  if (input === null) return explain({ usage, fault: null })
  if (typeof input === 'string') return explain({ usage, fault: input })
  try {
    const outcome = await runAs(toRunning(asked, input), () => asked.action.run(input))
    const { text, isFault } = typeof outcome === 'string' ? { text: outcome, isFault: false } : outcome
    if (text !== '') console.log(text)
    return isFault ? 1 : 0
  } catch (error) {
    console.error(describeError(error))
    return 1
  }
}

function toRunning({ name, action }: { name: string; action: Action }, { given, options }: Asked): RunningCommand {
  const { given: names = [], recorded = 'before' } = action
  // arguments that are handed on may be anything
  const named = names.flatMap((key, index) => [[key, given[index] ?? ''] as const])
  return { name, given: named, options: Object.keys(options), recorded }
}

/** Lists all actions, as `name arguments` and a description. */
export function listActions(commands: Commands): { call: string; about: string }[] {
  return Object.entries(commands).flatMap(([name, command]) =>
    'actions' in command
      ? Object.entries(command.actions).map(([key, action]) => describe(`${name} ${key}`, action))
      : [describe(name, command)],
  )
}

function describeError(error: unknown): unknown {
  // their causes are database errors with more detail
  if (error instanceof ConfigError || error instanceof StartError) return error.message
  const known = translateFault(error)
  return known instanceof AppError ? known.message : error
}

interface Explanation {
  readonly usage: string
  /** Null when only help is requested. */
  readonly fault: string | null
}

function explain({ usage, fault }: Explanation): number {
  if (fault === null) console.log(usage)
  else console.error(`${fault}\n\n${usage}`)
  return fault === null ? 0 : 1
}

function findAction(
  commands: Commands,
  [name, ...args]: readonly string[],
): Explanation | { name: string; action: Action; args: readonly string[] } {
  const rows = Object.entries(commands).map(([key, { about }]) => ({ call: key, about }))
  const usage = `Usage: ${program} COMMAND\n\n${table(rows)}\n\nCOMMAND --help shows more.`
  if (name === undefined || isHelp(name)) return { usage, fault: null }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) return { usage, fault: `Unknown command "${name}".` }
  return 'actions' in command ? findInGroup(name, command.actions, args) : { name, action: command, args }
}

function findInGroup(name: string, actions: Readonly<Record<string, Action>>, [key, ...args]: readonly string[]) {
  const rows = Object.entries(actions).map(([action, about]) => describe(action, about))
  const usage = `Usage: ${program} ${name} ACTION\n\n${table(rows)}`
  if (isHelp(key)) return { usage, fault: null }
  const action = key !== undefined && Object.hasOwn(actions, key) ? actions[key] : undefined
  if (!action) return { usage, fault: key === undefined ? 'An action is missing.' : `Unknown action "${key}".` }
  return { name: `${name} ${key}`, action, args }
}

/** Parses the arguments of an action. Null when only help is requested; a sentence when they are invalid. */
function readArguments({ given = [], rest, options = {} }: Action, args: readonly string[]): Asked | string | null {
  if (rest !== undefined) return args.length === 1 && isHelp(args[0]) ? null : { given: args, options: {} }
  const known = Object.entries(options).map(
    ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
  )
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...Object.fromEntries(known), help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) return null
    if (positionals.length !== given.length) {
      return given.length === 0
        ? `It takes no arguments: unexpected "${positionals[0]}".`
        : `It takes ${given.join(' and ')}: put values with spaces in quotes.`
    }
    const texts = Object.entries(values).map(([name, value]) => [name, String(value)] as const)
    return { given: positionals, options: Object.fromEntries(texts) }
  } catch (error) {
    // the message of parseArgs: which option is unknown, or has no value
    return error instanceof Error ? error.message : String(error)
  }
}

function usageOf(name: string, action: Action): string {
  const rows = Object.entries(action.options ?? {}).map(([option, { value, about }]) => ({
    call: value === undefined ? `--${option}` : `--${option} ${value}`,
    about,
  }))
  const call = [name, ...(action.given ?? []), ...(action.rest ? [`[${action.rest}…]`] : [])].join(' ')
  const lines = [`Usage: ${program} ${call}${rows.length > 0 ? ' [OPTIONS]' : ''}`, '', `  ${action.about}`]
  return [...lines, ...(rows.length > 0 ? ['', table(rows)] : [])].join('\n')
}

function describe(name: string, { given = [], rest, options = {}, about }: Action): { call: string; about: string } {
  const optional = Object.entries(options).map(
    ([option, { value }]) => `[--${[option, value].filter(Boolean).join(' ')}]`,
  )
  return { call: [name, ...given, ...optional, ...(rest ? [`[${rest}…]`] : [])].join(' '), about }
}

function table(rows: readonly { call: string; about: string }[]): string {
  const width = Math.max(...rows.map(({ call }) => call.length)) + 2
  return rows.map(({ call, about }) => `  ${call.padEnd(width)}${about}`).join('\n')
}
