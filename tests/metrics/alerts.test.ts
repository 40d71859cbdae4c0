// The alerts and the dashboard: they name metrics that exist, and Prometheus accepts them.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboardJson, dashboardQueries } from '../../scripts/dashboard.ts'
import { metricList, metricPrefix } from '../../src/metrics/list.ts'
import { readText } from '../support/documents.ts'
import { noPromtool } from '../support/prometheus.ts'

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}

const { groups } = parse(readText('deploy/prometheus/rules.yml')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const folder = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus')

/** The metrics of our list that a query names, without the endings of histograms. */
function unknownIn(expr: string): string[] {
  const named = [...expr.matchAll(/\bkabar_(\w+)/g)].map(([, name = '']) => name)
  return named.filter((name) => {
    const [base = name] = name.split(/_(?:bucket|sum|count)$/)
    return (
      !(name in metricList) && !(base in metricList && metricList[base as keyof typeof metricList].type === 'histogram')
    )
  })
}

describe.for(rules.map((rule) => [rule.alert, rule] as const))('the alert %s', ([alert, rule]) => {
  test('names only metrics of the list', () => {
    expect(unknownIn(rule.expr)).toEqual([])
  })

  test('has a severity, a summary, and a paragraph that says what to do', () => {
    expect(['page', 'ticket']).toContain(rule.labels.severity)
    expect(rule.annotations.summary).toMatch(/\.$/)
    expect(rule.annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`)
    const [, paragraph = ''] = new RegExp(`^### ${alert}\\n\\n([^#]+)`, 'm').exec(readText('docs/operations.md')) ?? []
    expect(paragraph.length).toBeGreaterThan(100)
  })

  test('has a case in which it fires, and one in which it is quiet', () => {
    const cases = readText('deploy/prometheus/rules.test.yml')
    expect(cases).toContain(`- name: ${alert} fires\n`)
    expect(cases).toContain(`- name: ${alert} is quiet\n`)
  })
})

test('every paragraph about an alert belongs to one', () => {
  const [, chapter = ''] = readText('docs/operations.md').split('## Answer an alert\n')
  const named = [...chapter.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
  expect(named).toEqual(rules.map(({ alert }) => alert))
})

test.skipIf(noPromtool)('promtool accepts the alerts, and each fires and is quiet as it should', () => {
  for (const args of [
    ['check', 'rules', 'rules.yml'],
    ['test', 'rules', 'rules.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' })
    expect(status, `${stdout}${stderr}`).toBe(0)
  }
})

describe('the dashboard', () => {
  test('is as `npm run docs` writes it', () => {
    expect(readText('deploy/grafana/kabar.json')).toBe(dashboardJson())
  })

  test('names only metrics of the list, and every metric of it', () => {
    const text = dashboardQueries.map(({ expr }) => expr).join('\n')
    expect(unknownIn(text)).toEqual([])
    const unseen = Object.keys(metricList).filter((name) => !dashboardJson().includes(`${metricPrefix}${name}`))
    expect(unseen).toEqual(['topics', 'paused_sockets'])
  })
})
