import type { Attacker } from './attacker.ts'
import { type AttackResult, percentile } from './run.ts'

const head = [
  '| Attack | Sent | How it ended | Send p50 / p99 | `/healthz` p99 / max | Heap | Process |',
  '|---|--:|---|--:|--:|--:|--:|',
]

const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)}`

/** Formats results as a table of Markdown, a row for each attack; what was measured over all of a run stands in its first. */
export function formatTable(runs: readonly { attackers: readonly Attacker[]; result: AttackResult }[]): string {
  return [
    ...head,
    ...runs.flatMap(({ attackers, result }) => attackers.map((one, index) => row(one, result, index))),
  ].join('\n')
}

function row({ name, what }: Attacker, { counts, normal, most }: AttackResult, index: number): string {
  const { sent = 0, bytes = 0, ends = {} } = counts[name] ?? {}
  const how = Object.entries(ends)
    .toSorted(([, a], [, b]) => b - a)
    .map(([end, times]) => `${end} × ${times}`)
  const measured = [
    `${ms(percentile(normal.sendMs, 50))} / ${ms(percentile(normal.sendMs, 99))} ms`,
    `${ms(percentile(normal.healthMs, 99))} / ${ms(normal.healthMs.at(-1) ?? Number.NaN)} ms`,
    megabytes(most.heapBytes),
    megabytes(most.rssBytes),
  ]
  const cells = [
    what,
    `${sent} (${megabytes(bytes)})`,
    how.join(', '),
    ...(index === 0 ? measured : ['″', '″', '″', '″']),
  ]
  return `| ${cells.join(' | ')} |`
}

/** Says in some lines what was measured, and what was broken. */
export function formatRun({ normal, before, after, most, idleMs, broken }: AttackResult): string {
  const idle = idleMs === null ? 'never idle again' : `idle again after ${(idleMs / 1_000).toFixed(1)} s`
  return [
    `${broken.length === 0 ? '✓' : '✗'} ${normal.sendMs.length} sends (max ${ms(normal.sendMs.at(-1) ?? Number.NaN)} ms), ${normal.followed} followed, ${normal.uploadMs.length} uploads (p99 ${ms(percentile(normal.uploadMs, 99))} ms), ${normal.healthMs.length} × /healthz`,
    `  heap ${megabytes(before.heapBytes)} → ${megabytes(most.heapBytes)} → ${after ? megabytes(after.heapBytes) : '?'}, buffers up to ${megabytes(most.externalBytes)}, process up to ${megabytes(most.rssBytes)}, ${most.sockets} sockets, loop held up to ${ms(most.loopDelayMs)} ms; ${idle}`,
    ...broken.map((what) => `  BROKEN: ${what}`),
  ].join('\n')
}
