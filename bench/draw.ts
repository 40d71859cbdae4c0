import { writeFileSync } from 'node:fs'
import { readRun } from './compare.ts'
import { plotPage, plotResult } from './plot.ts'
import { formatHead, formatResult } from './report.ts'

/**
 * Draws a run: a page beside its file, and an SVG for each scenario, such as `2026-01-31.html` and `2026-01-31-sends.svg`.
 *
 * @returns the paths of what was written.
 * @throws Error when there is not one file.
 */
export function drawRun(paths: readonly string[]): string[] {
  const [path] = paths
  if (path === undefined || paths.length > 1) throw new Error('Give the file of one run: --html run.json')
  const { results, machine, versions, commitMs = Number.NaN, isOurs = true } = readRun(path)
  const base = path.replace(/\.json$/, '')
  const head = machine && versions ? formatHead({ machine, versions, commitMs, isOurs }) : ''
  const files = [
    { name: `${base}.html`, text: plotPage(results, { head, tables: results.map(formatResult).join('\n') }) },
    ...results
      .filter(({ busy }) => !busy)
      .map((result) => ({ name: `${base}-${result.scenario}.svg`, text: plotResult(result) })),
  ]
  for (const { name, text } of files) writeFileSync(name, text)
  return files.map(({ name }) => name)
}
