// Tells whether the tests would notice if a mechanism were missing: each mutant must fail the check that is meant for it.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { mutants } from '../oracles/mutants.ts'
import { createDatabase, test } from '../support/database.ts'

/** A check ended well. */
const passed = 0
/** A check found that a promise was broken. */
const caught = 3

/** Runs checks in a process of their own, into which a mutant is built, or none. */
function runChecks(mutant: string, databaseUrl: string, checks: readonly string[]) {
  const args = ['--import', './tests/oracles/mutation.ts', './tests/oracles/mutant-checks.ts', databaseUrl, ...checks]
  const cwd = join(import.meta.dirname, '..', '..')
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    // biome-ignore lint/style/noProcessEnv: what this process was given, the child gets
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, MUTANT: mutant } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data))
    child.once('close', (code) => resolve({ code, output }))
  })
}

test('all checks pass when nothing is missing', async ({ databaseUrl, expect }) => {
  const checks = [...new Set(mutants.map(({ check }) => check))]
  const { code, output } = await runChecks('', databaseUrl, checks)
  expect(code, output).toBe(passed)
})

// in turns they would take minutes, in which most of them wait for what never comes
test.concurrent.for(mutants)('it is noticed when there is $name', async ({ name, check }, { expect }) => {
  const { url, drop } = await createDatabase()
  try {
    const { code, output } = await runChecks(name, url, [check])
    expect(code, output).toBe(caught)
  } finally {
    await drop()
  }
})
