import type { AttackCounts, Attacker } from './attacker.ts'
import { type AttackResult, percentile } from './run.ts'

const kindsOfTime = [
  ['Sends of normal users', 'sendMs'],
  ['Requests of `/healthz`', 'healthMs'],
  ['Uploads of normal users', 'uploadMs'],
] as const

/** Formats what normal users met, without attackers and with them. */
export function formatTimes({ quiet, normal }: AttackResult): string {
  const times = (sorted: readonly number[]) =>
    `${ms(percentile(sorted, 50))} / ${ms(percentile(sorted, 99))} / ${ms(sorted.at(-1) ?? Number.NaN)} ms`
  return [
    '| p50 / p99 / max | Without attackers | Under attack |',
    '|---|--:|--:|',
    ...kindsOfTime.map(([what, key]) => `| ${what} | ${times(quiet[key])} | ${times(normal[key])} |`),
  ].join('\n')
}

/** Says how busy the machine was, and what that means for the figures. */
export function formatLoad({ load: { perCore, stolen }, isMachineBusy }: AttackResult): string {
  const share = stolen === null ? '' : `, ${Math.round(stolen * 100)} % of the time stolen`
  const line = `${perCore.toFixed(1)} processes for each core before it began${share}`
  return isMachineBusy
    ? `${line}: the machine was busy with other things, and times compare only with each other`
    : line
}

const head = ['| Attack | Sent | How it ended |', '|---|--:|---|']

const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)}`

/** Formats a run as a table of Markdown, a row for each attack. */
export function formatTable(attackers: readonly Attacker[], { counts }: AttackResult): string {
  return [...head, ...attackers.map((one) => row(one, counts[one.name]))].join('\n')
}

const endsShownMax = 6

function row({ what }: Attacker, { sent, bytes, ends }: AttackCounts = { sent: 0, bytes: 0, ends: {} }): string {
  const how = Object.entries(ends)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, endsShownMax)
    .map(([end, times]) => `${end} × ${times}`)
  return `| ${what} | ${sent} (${megabytes(bytes)}) | ${how.join(', ')} |`
}

/** Says in some lines what was measured, and what was broken. */
export function formatRun(result: AttackResult): string {
  const { normal, before, after, most, idleMs, broken } = result
  const idle = idleMs === null ? 'never idle again' : `idle again after ${(idleMs / 1_000).toFixed(1)} s`
  return [
    `${broken.length === 0 ? '✓' : '✗'} ${normal.sendMs.length} sends (max ${ms(normal.sendMs.at(-1) ?? Number.NaN)} ms), ${normal.followed} followed, ${normal.uploadMs.length} uploads (p99 ${ms(percentile(normal.uploadMs, 99))} ms), ${normal.healthMs.length} × /healthz`,
    `  heap ${megabytes(before.heapBytes)} → ${megabytes(most.heapBytes)} → ${after ? megabytes(after.heapBytes) : '?'}, buffers up to ${megabytes(most.externalBytes)}, process up to ${megabytes(most.rssBytes)}, ${most.sockets} sockets, loop held up to ${ms(most.loopDelayMs)} ms; ${idle}`,
    `  ${formatLoad(result)}`,
    ...broken.map((what) => `  BROKEN: ${what}`),
  ].join('\n')
}
