// The unit that Kabar ships for systemd.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { variables } from '../../src/config/variables.ts'
import { readText } from '../support/documents.ts'

const unit = 'deploy/kabar.service'
const settingOf = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(readText(unit))?.[1] ?? ''

test('the unit of systemd has only settings that Kabar knows, and starts a file that is there', () => {
  const settings = Object.fromEntries(
    settingOf('Environment')
      .split(' ')
      .map((entry) => entry.split('=')),
  ) as Record<string, string>
  const { NODE_ENV, ...others } = settings
  expect(Object.keys(others).filter((name) => !(name in variables))).toEqual([])
  expect(readConfig(settings)).toMatchObject({ production: NODE_ENV === 'production', dataDirectory: '/var/lib/kabar' })
  const files = settingOf('ExecStart').split(' ').slice(2)
  expect(files).toHaveLength(2)
  for (const file of files) expect(existsSync(join(import.meta.dirname, '..', '..', file)), file).toBe(true)
})

const found = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const version = found.error ? 0 : Number(/\d+/.exec(found.stdout)?.[0] ?? 0)
const noSystemd = version === 0
/** Older versions judge only units that are installed. */
const offlineVersion = 250

test.skipIf(noSystemd)('systemd takes the unit', () => {
  const file = join(import.meta.dirname, '..', '..', unit)
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  expect(`${stdout}${stderr}`).not.toContain('kabar.service:')
})

test.skipIf(version < offlineVersion)('a server that is broken into can do little', () => {
  const file = join(import.meta.dirname, '..', '..', unit)
  // ten times its exposure: 10 is the worst, and a unit without hardening has 9.6
  const { status, stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--threshold=40', file],
    { encoding: 'utf8' },
  )
  expect(status, stdout + stderr).toBe(0)
})
