import { monitorEventLoopDelay } from 'node:perf_hooks'
import { healthLimits } from '../config/doctor.ts'

/** The lag of the event loop: see `createLoopLag`. */
export interface LoopLag {
  /** How late a timer is in the slowest 1 % of the last seconds, in milliseconds. */
  ms(): number
  close(): void
}

/** Measures how late the event loop of this process runs its timers. */
export function createLoopLag(windowMs: number = healthLimits.loopLagWindowMs): LoopLag {
  const resolution = 20
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  const now = () => (histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - resolution))
  let last = 0
  const timer = setInterval(() => {
    last = now()
    histogram.reset()
  }, windowMs)
  timer.unref()
  return {
    ms: () => Math.round(Math.max(last, now())),
    close() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
