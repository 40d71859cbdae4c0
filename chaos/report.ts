import type { Violation } from './history.ts'
import type { RunResult } from './run.ts'

const violationsShown = 8

/** Formats the results as a table of Markdown. */
export function formatTable(results: readonly RunResult[]): string {
  return [
    '| Fault | What is expected | Acked | Lost | Repeated | Out of order | All caught up after |',
    '|---|---|--:|--:|--:|--:|--:|',
    ...results.map(formatRow),
  ].join('\n')
}

/** Formats the alerts that fired as a table of Markdown. */
export function formatAlerts(results: readonly RunResult[]): string {
  const rows = results.map(({ name, alerts = [] }) => `| ${name} | ${alerts.join(', ') || 'none'} |`)
  return ['| Fault | Alerts |', '|---|---|', ...rows].join('\n')
}

function formatRow({ name, expected, acked, violations, caughtUpMs }: RunResult): string {
  const count = (...kinds: Violation['kind'][]) => violations.filter(({ kind }) => kinds.includes(kind)).length
  const caughtUp = caughtUpMs === null ? 'never' : `${(caughtUpMs / 1_000).toFixed(1)} s`
  const cells = [name, expected, acked, count('lost'), count('repeated'), count('out of order'), caughtUp]
  return `| ${cells.join(' | ')} |`
}

/** Says in some lines how a run went, and what was broken. */
export function formatRun({ name, acked, unknown, events, violations, caughtUpMs, codes, alerts }: RunResult): string {
  const seen = `${acked} acked, ${unknown} unknown, ${events} events seen`
  const caughtUp = caughtUpMs === null ? 'NOT ALL CAUGHT UP' : `all caught up after ${Math.round(caughtUpMs)} ms`
  const answers = Array.from(codes, ([code, times]) => `${code} ${times}`).join(', ')
  const broken = violations.slice(0, violationsShown).map(({ kind, what }) => `  BROKEN: ${kind}: ${what}`)
  const observed = alerts ? [`  alerts: ${alerts.join(', ') || 'none'}`] : []
  const more = violations.length > violationsShown ? [`  and ${violations.length - violationsShown} more`] : []
  return [
    `${violations.length === 0 ? '✓' : '✗'} ${name}: ${seen}; ${caughtUp} (${answers})`,
    ...broken,
    ...more,
    ...observed,
  ].join('\n')
}
