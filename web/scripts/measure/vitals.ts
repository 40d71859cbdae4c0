// The web vitals that a browser reports of a page.

import type { CDPSession, Page } from 'playwright-core'
import { demoPassword } from '../../../src/cli/demo-world.ts'

/** How a page felt since `watchVitals`. */
export interface Vitals {
  readonly lcpMs: number
  readonly cls: number
  /** The slowest of all answers to keys and clicks but the two slowest of a hundred. */
  readonly inpMs: number
}

const slow4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 90_000 }
const slowCpu = 4

/** Makes a page as slow as on a cheap phone. */
export async function slowDown(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', slow4G)
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowCpu })
  return session
}

/** Notes from the next load on how the page feels. */
export async function watchVitals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = { lcpMs: 0, cls: 0, answers: [] as number[] }
    Object.assign(window, { noted })
    const watch = (type: string, note: (entry: PerformanceEntry & Record<string, unknown>) => void) =>
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) note(entry as PerformanceEntry & Record<string, unknown>)
      }).observe({ type, buffered: true, durationThreshold: 16 } as PerformanceObserverInit)
    watch('largest-contentful-paint', ({ startTime }) => {
      noted.lcpMs = startTime
    })
    watch('layout-shift', ({ value, hadRecentInput }) => {
      if (hadRecentInput !== true) noted.cls += Number(value)
    })
    watch('event', ({ duration, interactionId }) => {
      if (Number(interactionId) > 0) noted.answers.push(duration)
    })
  })
}

/** Reads what was noted, once the largest paint is. */
export async function readVitals(page: Page): Promise<Vitals> {
  await page.waitForFunction(() => (window as unknown as { noted: { lcpMs: number } }).noted.lcpMs > 0)
  const { lcpMs, cls, answers } = await page.evaluate(
    () => (window as unknown as { noted: { lcpMs: number; cls: number; answers: number[] } }).noted,
  )
  const sorted = answers.toSorted((a, b) => b - a)
  return { lcpMs, cls, inpMs: sorted[Math.floor(sorted.length / 50)] ?? 0 }
}

/** Goes to and fro between the first two rooms of the list; gives the median from the click to the messages. */
export async function roomSwitchMs(page: Page): Promise<number> {
  const links = page.locator('nav li a')
  await links.nth(1).waitFor()
  const paths = await links.evaluateAll((all) => all.slice(0, 2).map((link) => link.getAttribute('href') ?? ''))
  for (const path of paths) {
    await page.locator(`nav li a[href="${path}"]`).click()
    await page.locator('article').first().waitFor()
  }
  const times: number[] = []
  for (let round = 0; round < 8; round++) times.push(await page.evaluate(clickAndWait, paths[round % 2] ?? ''))
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? 0
}

/** Runs in the page: clicks a link, and waits for the frame that shows messages of the other room. */
function clickAndWait(path: string): Promise<number> {
  const before = document.querySelector('[role=feed]')
  const startedAt = performance.now()
  document.querySelector<HTMLElement>(`nav li a[href="${path}"]`)?.click()
  return new Promise((resolve) => {
    const look = () => {
      const feed = document.querySelector('[role=feed]')
      if (feed && feed !== before && feed.querySelector('article')) resolve(performance.now() - startedAt)
      else requestAnimationFrame(look)
    }
    look()
  })
}

/** Reads the heap after garbage was collected. */
export async function heapMb(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1_000_000
}

/** Signs in as the first user of the demo. */
export async function signIn(page: Page): Promise<void> {
  const [toSignIn] = await page.locator('main > div button').all()
  await toSignIn?.click()
  await page.locator('input[name=username]').fill('ada')
  await page.locator('input[name=password]').fill(demoPassword)
  await page.locator('form button[type=submit]').click()
  await page.locator('nav').first().waitFor({ state: 'attached' })
}
