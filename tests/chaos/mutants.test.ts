// Tells whether the tests would notice if a mechanism were missing: each mutant must fail the check that is meant for it.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { mutants } from '../oracles/mutants.ts'
import { connect, test } from '../support/database.ts'
import { forgetEvents } from '../support/feeds.ts'

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

test('all checks pass when nothing is missing', async ({ databaseUrl }) => {
  const checks = [...new Set(mutants.map(({ check }) => check))]
  const { code, output } = await runChecks('', databaseUrl, checks)
  expect(code, output).toBe(passed)
})

test.for(mutants)('it is noticed when there is $name', async ({ name, check }, { databaseUrl }) => {
  const { code, output } = await runChecks(name, databaseUrl, [check])
  // a mutant may have written events that do not follow each other
  await forgetEvents(await connect(databaseUrl))
  expect(code, output).toBe(caught)
})
