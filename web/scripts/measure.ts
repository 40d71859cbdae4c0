// Measures the pages in a browser as slow as a cheap phone, beside their budgets: `npm run web:measure [MESSAGES]`.
//
// 4 times slower CPU and slow 4G (1.6 Mbit/s, 150 ms). It starts a server with the demo's world of its own. MESSAGES is
// how many messages come while the heap is watched: 5,000 when not given. Fails where a budget does not hold.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { buildWeb } from '../../scripts/build-web.mjs'
import { demoConfig, startDemo } from '../../src/cli/demo.ts'
import { readConfig } from '../../src/config/config.ts'
import { makeTalkers } from './measure/talkers.ts'
import { heapMb, readVitals, roomSwitchMs, signIn, slowDown, watchVitals } from './measure/vitals.ts'

/** A figure beside its budget. */
interface Figure {
  readonly name: string
  readonly value: number
  readonly max: number
  readonly unit: string
}

const messages = Number(process.argv[2] ?? 5_000)
const liveSeconds = 10
const livePerSecond = 20

/** The first visit: nothing is kept. */
async function measureCold(browser: Browser, url: string): Promise<Figure[]> {
  const context = await browser.newContext({ viewport: { width: 412, height: 823 } })
  const page = await context.newPage()
  const loaded = { js: 0, css: 0 }
  page.on('response', async (answer) => {
    const kind = /\.(js|css)$/.exec(new URL(answer.url()).pathname)?.[1] as 'js' | 'css' | undefined
    if (!kind) return
    // the page may be closed meanwhile
    const sizes = await answer
      .request()
      .sizes()
      .catch(() => null)
    loaded[kind] += sizes?.responseBodySize ?? 0
  })
  const session = await slowDown(page)
  await watchVitals(page)
  await page.goto(url)
  await page.locator('form').waitFor()
  await page.waitForLoadState('networkidle')
  const { lcpMs, cls } = await readVitals(page)
  await session.detach()
  await context.close()
  return [
    { name: 'scripts of the first page', value: loaded.js / 1_000, max: 150, unit: 'KB' },
    { name: 'styles of the first page', value: loaded.css / 1_000, max: 20, unit: 'KB' },
    { name: 'LCP, first visit', value: lcpMs / 1_000, max: 2, unit: 's' },
    { name: 'layout shift, first visit', value: cls, max: 0.02, unit: '' },
  ]
}

/** Everything after it: a second visit, rooms, and messages that come. */
async function measureWarm(browser: Browser, url: string): Promise<Figure[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(url)
  await signIn(page)
  const talkers = await makeTalkers(url)
  await page.goto(`${url}/r/${talkers.code}`)
  await page.locator('article').first().waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready)
  const session = await slowDown(page)
  await watchVitals(page)
  await page.reload()
  await page.locator('article').first().waitFor()
  await page.waitForLoadState('networkidle')
  const { lcpMs, cls } = await readVitals(page)
  const switchMs = await roomSwitchMs(page)
  await page.goto(`${url}/r/${talkers.code}`)
  const field = page.locator('textarea')
  await field.waitFor()
  const talking = talkers.talk(liveSeconds * livePerSecond, livePerSecond)
  await field.pressSequentially('I write while others talk, and every key answers. '.repeat(2), { delay: 80 })
  await talking
  const live = await readVitals(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  const before = await heapMb(session)
  const soakedAt = performance.now()
  await talkers.talk(messages, 0)
  const seconds = (performance.now() - soakedAt) / 1_000
  await page.getByText(talkers.lastWord()).first().waitFor({ timeout: 60_000 })
  const grown = (await heapMb(session)) - before
  await talkers.close()
  await context.close()
  return [
    { name: 'LCP, second visit', value: lcpMs / 1_000, max: 0.8, unit: 's' },
    { name: 'layout shift, second visit', value: cls, max: 0.02, unit: '' },
    { name: 'switch between rooms', value: switchMs, max: 100, unit: 'ms' },
    { name: `INP at ${livePerSecond} messages/s`, value: live.inpMs, max: 150, unit: 'ms' },
    { name: `heap after ${messages} in ${seconds.toFixed(0)} s`, value: grown, max: 30, unit: 'MB' },
  ]
}

await buildWeb()
const scratch = await mkdtemp(join(tmpdir(), 'kabar-measure-'))
const settings = {
  RATE_LIMITS: 'false',
  SENDS_PER_10_SECONDS: '0',
  LOG_LEVEL: 'silent',
  KABAR_DATA: scratch,
  PORT: '0',
}
const config = demoConfig(readConfig(settings))
const { server } = await startDemo(config)
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox'] })
try {
  const figures = [...(await measureCold(browser, server.url)), ...(await measureWarm(browser, server.url))]
  for (const { name, value, max, unit } of figures) {
    const isFine = value <= max
    process.stdout.write(`${isFine ? '✓' : '✗'} ${name.padEnd(34)} ${value.toFixed(2).padStart(8)} ${unit} of ${max}\n`)
    if (!isFine) process.exitCode = 1
  }
} finally {
  await browser.close()
  await server.close()
  await rm(scratch, { recursive: true, force: true })
}
