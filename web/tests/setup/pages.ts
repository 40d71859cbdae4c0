// People with browsers of their own, at the pages of a server of the test's own.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { browserIsMissing, browserPath } from '../../../tests/support/browser.ts'
import { patienceMs, testMs } from '../../../tests/support/patience.ts'
import { test as base } from '../../../tests/support/server.ts'

const run = promisify(execFile)
const builder = new URL('../../../scripts/build-web.mjs', import.meta.url)
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

/** Errors and requests of a page. */
export interface Conduct {
  /** The URLs that it asked of others than its own server. */
  readonly foreign: string[]
  /** Errors that were thrown or printed, and what its policy has refused. */
  readonly errors: string[]
}

/** Somebody before a browser. */
export interface Person {
  readonly page: Page
  readonly conduct: Conduct
}

/** How somebody comes. */
export interface Visit extends BrowserContextOptions {
  /** Where the server is. */
  readonly url: string
  readonly path?: string
}

/** A `test` with `visit`, which gives somebody with a browser profile of their own. */
export const test = base
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    if (browserIsMissing) return null
    await run(process.execPath, [builder.pathname])
    const browser = await chromium.launch({ executablePath: browserPath, args, timeout: testMs })
    onCleanup(() => browser.close())
    return browser
  })
  .extend('visit', async ({ browser, skip }, { onCleanup }) => {
    const contexts: { close(): Promise<void> }[] = []
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()))
    })
    return async ({ url, path = '/', ...options }: Visit): Promise<Person> => {
      if (!browser) return skip(`There is no browser at ${browserPath}. Install chromium to run this test.`)
      const viewport = { width: 1280, height: 800 }
      const context = await browser.newContext({ viewport, locale: 'en-GB', reducedMotion: 'reduce', ...options })
      contexts.push(context)
      context.setDefaultTimeout(patienceMs)
      const page = await context.newPage()
      const conduct = watch(page, url)
      await page.goto(url + path)
      return { page, conduct }
    }
  })

function watch(page: Page, url: string): Conduct {
  const conduct: Conduct = { foreign: [], errors: [] }
  const { host } = new URL(url)
  const isOwn = (asked: string) => /^(data|blob):/.test(asked) || new URL(asked).host === host
  const look = (asked: string) => {
    if (!isOwn(asked)) conduct.foreign.push(asked)
  }
  page.on('request', (request) => look(request.url()))
  page.on('websocket', (socket) => look(socket.url()))
  page.on('pageerror', (error) => conduct.errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') conduct.errors.push(message.text())
  })
  return conduct
}

/** Comes in with only a name. */
export async function enterAsGuest({ page }: Person, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Enter as a guest' }).click()
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
}

/** Makes an account and signs it in. */
export async function register({ page }: Person, username: string, password = 'correct horse'): Promise<void> {
  await page.getByRole('button', { name: 'Register' }).click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Register' }).first().click()
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
}

/** Makes a room and enters it; gives its code. */
export async function createRoom({ page }: Person, name: string): Promise<string> {
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Create a room/ })
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('button', { name: 'Create room' }).click()
  await dialog.getByRole('heading', { name: 'Room created' }).waitFor()
  const code = await dialog.locator('output').first().innerText()
  await dialog.getByRole('button', { name: 'Enter room' }).click()
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  return code
}

/** Writes a message and sends it with Enter. */
export async function say({ page }: Person, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' })
  await field.fill(text)
  await field.press('Enter')
}

/** Finds a message by what it says. */
export function messageOf({ page }: Person, text: string) {
  return page.getByRole('article').filter({ hasText: text })
}
