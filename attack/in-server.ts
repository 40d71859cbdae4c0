// Loaded into the server before its own code: it tells the run how the process fares, and ends with the run.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Vitals } from './server-process.ts'

const everyMs = 250
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

function look(): Vitals {
  const { heapUsed, rss, external } = process.memoryUsage()
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const loopDelayMs = delay.max / 1e6
  delay.reset()
  return { heapBytes: heapUsed, rssBytes: rss, externalBytes: external, sockets, loopDelayMs }
}

setInterval(() => process.send?.(look()), everyMs).unref()
process.on('disconnect', () => process.exit(1))
// what is garbage is not held by anybody
process.on('message', () => globalThis.gc?.())
process.channel?.unref()
