import { type Entry, ours, type Result } from './bench.ts'
import type { Machine } from './machine.ts'
import { entryOf, medianOf, ratioOf } from './ratios.ts'

/** Writes what all numbers depend on. */
export function formatHead({
  machine,
  versions,
  commitMs,
  isOurs,
}: {
  machine: Machine
  versions: Readonly<Record<string, string>>
  commitMs: number
  /** True if PostgreSQL is the embedded one, on the disk that was measured. */
  isOurs: boolean
}): string {
  const { cpu, cores, memoryGigabytes, system, flushMs } = machine
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${cpu}, ${cores} cores, ${memoryGigabytes} GB, ${system}`,
    `The disk flushes 8 kB in ${formatNumber(flushMs)} ms; one commit of ${isOurs ? 'the embedded PostgreSQL' : 'PostgreSQL'} takes ${formatNumber(commitMs)} ms.`,
    packages.join(' · '),
    'Medians over rounds in which the compared take turns; the last column is the median of the ratios within a round.',
  ].join('\n')
}

/** Writes what a scenario found as a table: medians, and how many times that of the reference each first figure is. */
export function formatResult(result: Result): string {
  const cases = [...new Set(result.entries.map((entry) => entry.case))]
  const titles = result.figures.map((figure) => `${figure.title}, ${figure.unit}`)
  const rows = cases.flatMap((name) => rowsOf(result, name))
  if (result.busy) return `\n${result.title}\n\n  No figures: ${result.busy}. Run it again when the machine is quiet.`
  const lines = [`\n${result.title}\n`, ...formatTable(['', ...titles, `× ${result.reference ?? ours}`], rows)]
  if (result.targets.length > 0) lines.push('', '  To reach')
  for (const target of result.targets) {
    lines.push(`    ${target.met ? 'met   ' : 'MISSED'}  ${target.text}: ${formatNumber(target.reached)}`)
  }
  return [...lines, '', ...result.notes.map((note) => `  ${note}`)].join('\n')
}

function rowsOf({ figures, entries, reference = ours }: Result, name: string): string[][] {
  const key = figures[0]?.key ?? ''
  const rowOf = (entry: Entry) => [
    `    ${entry.contestant}`,
    ...figures.map((figure) => formatNumber(medianOf(entry, figure.key))),
    formatNumber(ratioOf(entry, entryOf(entries, name, reference), key)),
  ]
  return [[`  ${name}`], ...entries.filter((entry) => entry.case === name).map(rowOf)]
}

/** Formats a number with three digits, which are more than a shared machine can promise. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function formatTable(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.filter((row) => row.length > 1).map((row) => row[column]?.length ?? 0)),
  )
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
