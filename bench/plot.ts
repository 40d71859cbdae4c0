// Draws what a run has measured: bars in SVG, and a page with all of them.

import { type Entry, ours, type Result } from './bench.ts'
import { entryOf, medianOf, ratioOf } from './ratios.ts'
import { formatNumber } from './report.ts'

const width = 760
const labelWidth = 250
const barHeight = 18
const rowHeight = 24
const caseHeight = 34
const titleHeight = 58
const barMax = width - labelWidth - 200

/**
 * Draws the first figure of a scenario: a bar for each contestant of each case.
 *
 * A bar is as long as the median, within its case; the thin line goes from the least to the most of the rounds.
 *
 * @returns an SVG document that reads well on white and on black.
 */
export function plotResult({ title, figures, entries, reference = ours }: Result): string {
  const [figure] = figures
  if (!figure) return ''
  const { key, title: what, unit } = figure
  const parts: string[] = []
  let y = titleHeight
  for (const name of new Set(entries.map((entry) => entry.case))) {
    const own = entries.filter((entry) => entry.case === name && Number.isFinite(medianOf(entry, key)))
    if (own.length === 0) continue
    const most = Math.max(...own.flatMap((entry) => valuesOf(entry, key)))
    parts.push(text({ x: 0, y: y + 20, weight: 600 }, name))
    y += caseHeight
    for (const entry of own) {
      const ratio = ratioOf(entry, entryOf(entries, name, reference), key)
      const said = `${formatNumber(medianOf(entry, key))} ${unit}${Number.isFinite(ratio) ? ` · ${formatNumber(ratio)} ×` : ''}`
      parts.push(barOf(entry, { key, y, most, said }))
      y += rowHeight
    }
  }
  const head = [
    text({ x: 0, y: 18, weight: 700, size: 16 }, title),
    text({ x: 0, y: 38 }, `${what}, ${unit}. × ${reference}. The line spans all rounds.`),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -6 ${width + 24} ${y + 18}" role="img" font-family="system-ui, sans-serif">
<title>${escapeText(title)}</title>
${[...head, ...parts].join('\n')}
</svg>
`
}

/** Makes a page with the plots of a run, and its tables below. */
export function plotPage(results: readonly Result[], { head, tables }: { head: string; tables: string }): string {
  const shown = results.filter((result) => !result.busy)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Kabar: a run of the benchmarks</title>
<style>
  :root { color-scheme: light dark }
  body { font-family: system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
  svg { width: 100%; margin: 1.5rem 0 }
  pre { overflow-x: auto; font-size: 0.75rem }
</style>
<h1>A run of the benchmarks</h1>
<pre>${escapeText(head)}</pre>
${shown.map(plotResult).join('\n')}
<pre>${escapeText(tables)}</pre>
</html>
`
}

const valuesOf = ({ rounds }: Entry, key: string) => rounds.map((round) => round[key] ?? 0).filter(Number.isFinite)

function barOf(entry: Entry, { key, y, most, said }: { key: string; y: number; most: number; said: string }): string {
  const xOf = (value: number) => labelWidth + (barMax * value) / (most || 1)
  const values = valuesOf(entry, key)
  const end = xOf(medianOf(entry, key))
  const middle = y + barHeight / 2
  const fill = entry.contestant === ours ? '#0f8a68' : '#9aa4ae'
  const [least, greatest] = [xOf(Math.min(...values)), xOf(Math.max(...values))]
  return [
    text({ x: labelWidth - 8, y: y + 13, anchor: 'end' }, entry.contestant),
    `<rect x="${labelWidth}" y="${y}" width="${round(end - labelWidth)}" height="${barHeight}" rx="2" fill="${fill}"/>`,
    `<path d="M${round(least)} ${middle}H${round(greatest)}" stroke="#57606a" stroke-width="1.5"/>`,
    text({ x: round(Math.max(end, greatest) + 8), y: y + 13 }, said),
  ].join('\n')
}

interface Style {
  readonly x: number
  readonly y: number
  readonly anchor?: 'end'
  readonly weight?: number
  readonly size?: number
}

function text({ x, y, anchor, weight = 400, size = 12.5 }: Style, words: string): string {
  const place = anchor ? ` text-anchor="${anchor}"` : ''
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="#768390"${place}>${escapeText(words)}</text>`
}

const round = (value: number) => Math.round(value * 10) / 10

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Escapes a text for HTML and SVG. */
function escapeText(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign)
}
