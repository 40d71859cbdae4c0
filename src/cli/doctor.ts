// Checks a deployment and reports problems.

import { ConfigError, readConfig } from '../config/config.ts'
import { StartError } from '../database/start-error.ts'
import { badInput } from '../errors.ts'
import { checkDisk } from '../health/checks.ts'
import { bad, type Finding, good } from '../health/findings.ts'
import type { Action, Asked, Outcome } from './command.ts'
import { withPostgres } from './database.ts'
import { checkDatabase } from './database-checks.ts'
import { checkNode, checkStorage } from './machine-checks.ts'

/** Checks everything that Kabar needs, and prints how to fix problems. */
export const doctorCommand: Action = {
  options: {
    json: { about: 'print the findings as JSON' },
    servers: { value: 'N', about: 'the planned number of servers; default: the number that run now' },
  },
  about: 'check everything that Kabar needs, and print how to fix problems',
  // it changes nothing
  recorded: 'never',
  async run({ options }) {
    return print(await examine(readServers(options)), options.json !== undefined)
  },
}

async function examine(servers: number | null): Promise<Finding[]> {
  const node = checkNode()
  const config = tryConfig()
  if ('faults' in config) return [node, ...config.faults]
  return [
    node,
    good('settings', 'valid'),
    await checkDisk(config),
    await checkStorage(config),
    ...(await findDatabase(config, servers)),
  ]
}

function tryConfig(): ReturnType<typeof readConfig> | { faults: Finding[] } {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [, ...lines] = error.message.split('\n')
    return { faults: lines.map((line) => bad('settings', line.trim(), 'Correct this environment variable.')) }
  }
}

async function findDatabase(config: ReturnType<typeof readConfig>, servers: number | null): Promise<Finding[]> {
  try {
    return await withPostgres(config, (url) => checkDatabase({ url, config, servers }))
  } catch (error) {
    if (error instanceof StartError) return [bad('database', error.message, '')]
    throw error
  }
}

function readServers({ servers }: Asked['options']): number | null {
  if (servers === undefined) return null
  if (/^[1-9]\d{0,3}$/.test(servers)) return Number(servers)
  throw badInput('servers', 'must be an integer from 1 to 9999')
}

function print(findings: readonly Finding[], asJson: boolean): Outcome {
  const isFault = findings.some(({ isGood }) => !isGood)
  const lines = findings.flatMap(({ name, isGood, detail, advice }) => [
    `${isGood ? '✓' : '✗'} ${name}: ${detail}`,
    ...(advice ? [`    ${advice}`] : []),
  ])
  return { text: asJson ? JSON.stringify({ isGood: !isFault, findings }, null, 2) : lines.join('\n'), isFault }
}
