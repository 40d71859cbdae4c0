import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, vi } from 'vitest'
import { type Progress, type Screen, type Step, withProgress } from '../../src/cli/progress.ts'
import { progressLimits } from '../../src/config/progress.ts'
import { freshName } from '../support/accounts.ts'
import { kabar } from '../support/command-line.ts'
import { test } from '../support/database.ts'

/** A screen whose clock a test moves. */
function createScreen(isTTY: boolean): Screen & { written: string[]; pass(ms: number): void } {
  const written: string[] = []
  let at = 0
  return {
    isTTY,
    written,
    write: (text) => written.push(text.replace('\r\u001b[K', '<')),
    now: () => at,
    pass(ms) {
      at += ms
    },
  }
}

const { drawMs, lineMs } = progressLimits

/** Returns the output after each step, and the time that it takes. */
const shows: [string, { isTTY: boolean; steps: [number, Step][]; written: string[] }][] = [
  [
    'a terminal gets a bar with an estimate, which is gone at the end',
    {
      isTTY: true,
      steps: [
        [0, { done: 0, total: 10 }],
        [drawMs, { done: 1, total: 10, count: '1 row' }],
        [drawMs - 1, { done: 2, total: 10 }],
        [4_801, { done: 5, total: 10, count: '5 rows' }],
        [95_000, { done: 5, total: 10 }],
        [drawMs, { done: 12, total: 10 }],
      ],
      written: [
        '<Work ░░░░░░░░░░░░░░░░░░░░ 0 %',
        '<Work ██░░░░░░░░░░░░░░░░░░ 10 %, 1 row',
        '<Work ██████████░░░░░░░░░░ 50 %, 5 rows, 6 s left',
        '<Work ██████████░░░░░░░░░░ 50 %, 2 min left',
        '<Work ████████████████████ 100 %, 0 s left',
        '<',
      ],
    },
  ],
  [
    'a terminal gets the time where nothing says how much there is',
    { isTTY: true, steps: [[2_000, { done: 7, count: '7 rows' }]], written: ['<Work 7 rows, 2 s until now', '<'] },
  ],
  [
    'a pipe gets a line now and then',
    {
      isTTY: false,
      steps: [
        [1, { done: 1, total: 4 }],
        [lineMs - 1, { done: 2, total: 4, count: '2 rows' }],
        [lineMs - 1, { done: 3, total: 4 }],
        [1, { done: 4, total: 4 }],
      ],
      written: ['Work: 50 %, 2 rows, 10 s left\n', 'Work: 100 %, 0 s left\n'],
    },
  ],
  ['short work shows nothing in a pipe', { isTTY: false, steps: [[lineMs - 1, { done: 1, total: 1 }]], written: [] }],
]

test.for(shows)('%s', async ([, { isTTY, steps, written }]) => {
  const screen = createScreen(isTTY)
  const work = async ({ report }: Progress) => {
    for (const [ms, step] of steps) {
      screen.pass(ms)
      report(step)
    }
    return 'done'
  }
  expect(await withProgress('Work', work, screen)).toBe('done')
  expect(screen.written).toEqual(written)
})

/** Commands that may take long, but for `seed`: that takes long. */
const commands: Record<string, (folder: string) => string[]> = {
  import(folder) {
    const lines = Array.from({ length: 3 }, () => JSON.stringify({ username: freshName(), displayName: 'Somebody' }))
    writeFileSync(join(folder, 'users.ndjson'), `${lines.join('\n')}\nnonsense\n`)
    return ['users', 'import', join(folder, 'users.ndjson')]
  },
  verify: () => ['verify'],
  prune: () => ['prune'],
  backup: (folder) => ['backup', join(folder, 'all.backup')],
  restore: (folder) => ['restore', join(folder, 'all.backup'), '--force'],
}

test('every long command shows on a terminal how far it is, and goes to its end', async ({ databaseUrl }) => {
  const folder = mkdtempSync(join(inject('scratchDir'), 'progress-'))
  const shown = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const { isTTY } = process.stderr
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true })
  onTestFinished(() => {
    Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true })
  })
  const ends: Record<string, string | undefined> = {}
  for (const [name, argsOf] of Object.entries(commands)) {
    shown.mockClear()
    const { out, err } = await kabar(databaseUrl, argsOf(folder))
    const percents = shown.mock.calls.flatMap(([text]) => /(\d+) %/.exec(String(text))?.[1] ?? [])
    expect(percents.length, `${name}: ${out} ${err}`).toBeGreaterThan(0)
    ends[name] = String(shown.mock.calls.at(-1)?.[0])
  }
  expect(new Set(Object.values(ends))).toEqual(new Set(['\r\u001b[K']))
})
