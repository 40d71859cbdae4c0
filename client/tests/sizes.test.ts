import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('no entry adds more to a page than its bound', async () => {
  const script = fileURLToPath(new URL('../scripts/sizes.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  expect(stdout.trim().split('\n')).toHaveLength(8)
  expect(stdout).not.toContain('✗')
})
