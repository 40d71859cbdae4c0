// Runs commands as `npm run kabar` does, in the process of the test.

import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inject, onTestFinished, vi } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'

/** The result of a command. */
export interface Ran {
  code: number
  out: string
  err: string
}

/** The environment of a command. */
export interface Surroundings {
  stdin?: string
  env?: Record<string, string>
}

/** Runs a command on the database of the test. */
export async function kabar(databaseUrl: string, args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const files = join(inject('scratchDir'), 'files', new URL(databaseUrl).pathname)
  const env = { DATABASE_URL: databaseUrl, KABAR_DATA: files, LOG_LEVEL: 'silent', ...around.env }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })
  const [out, err]: [string[], string[]] = [[], []]
  vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)))
  vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)))
  const { stdin } = around
  if (stdin !== undefined) vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([stdin]) as never)
  const code = await runCommand(commands, args)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
