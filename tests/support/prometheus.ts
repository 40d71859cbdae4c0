// Debian's Prometheus, where it is installed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './ports.ts'

const isMissing = (program: string) => spawnSync(program, ['--version']).error !== undefined

/** Tells whether promtool of the package `prometheus` is missing. Where CI is set and root may install it, `.ci/run` does. */
export const noPromtool = isMissing('promtool')

/** Tells whether Prometheus is missing. */
export const noPrometheus = isMissing('prometheus')

/** A running Prometheus. */
export interface Prometheus {
  /** The results of an instant query. */
  query(expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>
}

/** Starts a Prometheus that scrapes servers every 200 ms, and stops it at the end of the test. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'kabar-prometheus-'))
  const config = {
    global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
    scrape_configs: [{ job_name: 'kabar', static_configs: [{ targets }] }],
  }
  // JSON is YAML
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const port = await freePort()
  const child = spawn('prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ])
  onTestFinished(async () => {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  await ready(url, child)
  return {
    async query(expr) {
      const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expr })}`)
      const { data, error } = (await response.json()) as {
        data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
        error?: string
      }
      if (!data) throw new Error(`${expr}: ${error}`)
      return data.result
    },
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/-/ready`).catch(() => null)
    if (response?.ok) return
    if (child.exitCode !== null) throw new Error(`prometheus has exited with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}
