// A real browser, for what only a browser does.

import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { patienceMs } from './patience.ts'

/** Where the browser is. */
export const browserPath = '/usr/bin/chromium'

/** Tells whether tests that need a browser may be left out: there is none, and this is not CI, where there must be one. */
export const browserIsMissing = !existsSync(browserPath) && !process.env.CI

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Errors and requests of a page. */
export interface Conduct {
  /** The URLs that it asked of others than its own server. */
  readonly foreign: string[]
  /** The URLs of its WebSockets. */
  readonly sockets: string[]
  /** Errors that were thrown or printed. */
  readonly errors: string[]
}

/** Opens a page in a browser of its own, which is closed at the end of the test. */
export async function openPage(url: string): Promise<{ page: Page; conduct: Conduct }> {
  const browser = await chromium.launch({ executablePath: browserPath, args, timeout: 2 * patienceMs })
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1300, height: 800 } })
  page.setDefaultTimeout(2 * patienceMs)
  const conduct: Conduct = { foreign: [], sockets: [], errors: [] }
  const { host } = new URL(url)
  const isOwn = (asked: string) => /^(data|blob):/.test(asked) || new URL(asked).host === host
  page.on('request', (request) => {
    if (!isOwn(request.url())) conduct.foreign.push(request.url())
  })
  page.on('websocket', (socket) => {
    conduct.sockets.push(socket.url())
    if (!isOwn(socket.url())) conduct.foreign.push(socket.url())
  })
  page.on('pageerror', (error) => conduct.errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') conduct.errors.push(message.text())
  })
  await page.goto(url)
  return { page, conduct }
}
