import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Result } from '../../bench/bench.ts'
import { drawRun } from '../../bench/draw.ts'

const sends: Result = {
  ...{ scenario: 'sends', title: 'Sends & <others>', targets: [], notes: [] },
  figures: [{ key: 'cpu', title: 'CPU', unit: 'µs' }],
  entries: [
    { case: 'one room', contestant: 'Kabar', rounds: [{ cpu: 100 }, { cpu: 110 }, { cpu: 90 }] },
    { case: 'one room', contestant: 'Other', rounds: [{ cpu: 400 }, { cpu: 380 }, { cpu: 420 }] },
    { case: 'one room', contestant: 'Failed', rounds: [] },
  ],
}

test('a run is drawn as a page and a plot of each scenario, with bars as long as the medians', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'kabar-plot-')), 'run.json')
  writeFileSync(path, JSON.stringify({ results: [sends, { ...sends, scenario: 'busy', busy: 'other processes' }] }))
  const files = drawRun([path])
  expect(files).toEqual([path.replace('.json', '.html'), path.replace('.json', '-sends.svg')])
  const [page = '', plot = ''] = files.map((file) => readFileSync(file, 'utf8'))
  expect(page).toContain(plot.trim())
  expect(page).toContain('No figures: other processes')
  expect(plot).toContain('Sends &amp; &lt;others&gt;')
  expect(plot).toContain('100 µs · 1 ×')
  expect(plot).toContain('400 µs · 4 ×')
  const [own = Number.NaN, other = Number.NaN] = [...plot.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  )
  expect(other / own).toBeCloseTo(4, 1)
  expect(plot).not.toContain('Failed')
})

test('more than one run, or none, is refused', () => {
  expect(() => drawRun([])).toThrow('--html run.json')
  expect(() => drawRun(['a.json', 'b.json'])).toThrow('--html run.json')
})
