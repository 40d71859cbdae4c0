// Takes pictures of the pages in every size, colour and language, and in a pseudo-locale, to be looked at: `npm run web:shots [ADDRESS]`.
//
// Without an address it starts a server with the demo's world of its own. Pictures go to web/shots/.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createKabar } from '../../client/src/kabar.ts'
import { memorySession } from '../../client/src/session/storage.ts'
import { buildWeb } from '../../scripts/build-web.mjs'
import { demoConfig, startDemo } from '../../src/cli/demo.ts'
import { demoPassword } from '../../src/cli/demo-world.ts'
import { readConfig } from '../../src/config/config.ts'
import { addOperator } from '../../src/operators/service.ts'
import { servePseudoLocale } from './pseudo-locale.ts'

const folder = new URL('../shots/', import.meta.url).pathname
const sizes = { phone: { width: 360, height: 640 }, desk: { width: 1280, height: 800 } }
const looks = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'id', theme: 'light' },
  { language: 'ar', theme: 'dark' },
  { language: 'pseudo', theme: 'light' },
] as const

/** Pages to photograph: the way to each, and the element that must be there before the picture is taken. */
const pages: Record<string, (page: Page, url: string) => Promise<void>> = {
  home: (page, url) => open(page, url),
  room: (page, url) => open(page, `${url}/r/TEATABLE`, 'article'),
  details: async (page, url) => {
    await open(page, `${url}/r/TEATABLE`, 'article')
    await page.locator('main header button[aria-expanded]').first().click()
    await page.locator('aside li').first().waitFor()
  },
  menu: async (page, url) => {
    await open(page, `${url}/r/TEATABLE`, 'article')
    await page.locator('article').nth(-2).hover()
    await page.locator('[role=toolbar] button').first().waitFor()
  },
  more: async (page, url) => {
    await open(page, `${url}/r/TEATABLE`, 'article')
    const message = page.locator('article').nth(-3)
    await message.hover()
    await message.locator('[role=toolbar] [aria-haspopup=menu]').click()
    await page.locator('[role=menuitem]').first().waitFor()
  },
  'room-menu': async (page, url) => {
    await open(page, `${url}/r/TEATABLE`, 'article')
    await page.locator('main header [aria-haspopup=menu]').click()
    await page.locator('[role=menuitem]').first().waitFor()
  },
  'room-settings': async (page, url) => {
    await open(page, `${url}/r/TEATABLE`, 'article')
    await page.locator('main header button[aria-expanded]').first().click()
    await page.locator('aside [role=tab]').nth(2).click()
    // the form is made anew once the categories are there
    await page.locator('aside select[name=category] option').nth(1).waitFor({ state: 'attached' })
    await page.locator('aside select').last().scrollIntoViewIfNeeded()
  },
  saved: async (page, url) => {
    await open(page, `${url}/saved`, 'main h1')
    await page.locator('main [aria-busy=false]').waitFor()
  },
  create: async (page, url) => {
    await open(page, url)
    await page.locator('nav header button').last().click()
    await page.locator('dialog input').first().waitFor()
  },
  discover: (page, url) => open(page, `${url}/discover`, 'main li'),
  friends: (page, url) => open(page, `${url}/friends`),
  settings: (page, url) => open(page, `${url}/settings/profile`, 'form'),
  appearance: (page, url) => open(page, `${url}/settings/appearance`),
  door: (page, url) => open(page, `${url}/j/GARDENER`),
  'operator-reports': (page, url) => open(page, `${url}/operator`, 'main article'),
  'operator-users': (page, url) => open(page, `${url}/operator/users`, 'main li'),
  'operator-suspend': async (page, url) => {
    await open(page, `${url}/operator/users`, 'main li')
    await page.locator('main li [aria-haspopup=menu]').first().click()
    await page.locator('[role=menuitem]').first().click()
    await page.locator('dialog textarea').waitFor()
  },
  'operator-rooms': async (page, url) => {
    await open(page, `${url}/operator/rooms`)
    await page.locator('main input').fill('TEATABLE')
    await page.keyboard.press('Enter')
    await page.getByText('TEATABLE · ').waitFor()
  },
  'operator-figures': (page, url) => open(page, `${url}/operator/figures`, 'main dd'),
  'operator-audit': (page, url) => open(page, `${url}/operator/audit`, 'main li'),
  missing: (page, url) => open(page, `${url}/nowhere`, 'main h1'),
}

async function open(page: Page, url: string, wanted?: string): Promise<void> {
  await page.goto(url)
  await page.locator('main').waitFor({ state: 'attached' })
  if (wanted) await page.locator(wanted).first().waitFor()
  await page.waitForLoadState('networkidle')
}

async function shoot(browser: Browser, url: string, wanted: readonly string[]): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const look of looks) {
      const context = await browser.newContext({
        viewport,
        locale: 'en-GB',
        colorScheme: look.theme,
        reducedMotion: 'reduce',
        serviceWorkers: 'block',
      })
      await context.addInitScript((language) => localStorage.setItem('kabar.language', language), look.language)
      const page = await context.newPage()
      if (look.language === 'pseudo') await servePseudoLocale(page)
      const name = (what: string) => join(folder, `${what}-${size}-${look.theme}-${look.language}.png`)
      await page.goto(url)
      await page.locator('form').waitFor()
      if (wanted.includes('landing')) await page.screenshot({ path: name('landing') })
      await signIn(page)
      for (const [what, go] of Object.entries(pages)) {
        if (!wanted.includes(what)) continue
        await go(page, url)
        await page.screenshot({ path: name(what) })
      }
      await context.close()
    }
  }
}

async function signIn(page: Page): Promise<void> {
  const [toSignIn] = await page.locator('main > div button').all()
  await toSignIn?.click()
  await page.locator('input[name=username]').fill('ada')
  await page.locator('input[name=password]').fill(demoPassword)
  await page.locator('form button[type=submit]').click()
  await page.locator('nav').first().waitFor({ state: 'attached' })
}

/** Pins a room and saves some messages, for the pictures. */
async function makePlaces(url: string): Promise<void> {
  const kabar = createKabar({ url: `${url}/graphql`, sessionStorage: memorySession() })
  await kabar.session.signIn({ username: 'ada', password: demoPassword })
  const read = `{ bread: room(code: "BREADDAY") { id } tea: room(code: "TEATABLE") { id messages(last: 9) { nodes { id } } } }`
  const { bread, tea } = await kabar.query<Places>(read)
  await kabar.rooms.pin(bread.id)
  for (const { id } of tea.messages.nodes.slice(2)) await kabar.room(tea.id).save(id)
  await kabar.close()
}

/** Makes a report that an operator sees, and a suspension. */
async function makeTrouble(url: string): Promise<void> {
  const signIn = async (username: string) => {
    const kabar = createKabar({ url: `${url}/graphql`, sessionStorage: memorySession() })
    await kabar.session.signIn({ username, password: demoPassword })
    return kabar
  }
  const [ada, emil, farah] = [await signIn('ada'), await signIn('emil'), await signIn('farah')]
  const { viewer } = await farah.query<{ viewer: WithId<'user'> }>('{ viewer { user { id } } }')
  const change = async (by: typeof ada, name: string, [field, input]: [string, object]) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
    const document = `mutation ($input: ${type}!) { result: ${name}(input: $input) { ${field} { id } } }`
    return (await by.mutate<{ result: Record<string, { id: string }> }>(document, { input })).result[field]?.id
  }
  const roomId = await change(emil, 'openDirectRoom', ['room', { userId: viewer.user.id }])
  const body = 'Buy my course now, or I tell everybody what you said about the bread. This is your last warning!'
  const messageId = await change(emil, 'sendMessage', ['message', { roomId, body }])
  await change(farah, 'reportMessage', ['report', { messageId, reason: 'He threatens me, for the third time.' }])
  const { viewer: author } = await emil.query<{ viewer: WithId<'user'> }>('{ viewer { user { id } } }')
  await change(ada, 'suspendUser', ['user', { userId: author.user.id, reason: 'Threats in direct messages' }])
  for (const kabar of [ada, emil, farah]) await kabar.close()
}

type WithId<Name extends string> = Readonly<Record<Name, { readonly id: string }>>

interface Places {
  readonly bread: { readonly id: string }
  readonly tea: { readonly id: string; readonly messages: { readonly nodes: readonly { readonly id: string }[] } }
}

const args = process.argv.slice(2)
const address = args.find((argument) => argument.startsWith('http'))
const chosen = args.filter((argument) => !argument.startsWith('http'))
const scratch = await mkdtemp(join(tmpdir(), 'kabar-shots-'))
if (!address) await buildWeb()
const demo = address ? null : await startDemo({ ...demoConfig(readConfig()), dataDirectory: scratch, port: 0 })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox'] })
try {
  await mkdir(folder, { recursive: true })
  if (demo) {
    await makePlaces(demo.server.url)
    await addOperator(demo.server.parts, 'ada')
    await makeTrouble(demo.server.url)
  }
  await shoot(
    browser,
    address ?? demo?.server.url ?? '',
    chosen.length > 0 ? chosen : ['landing', ...Object.keys(pages)],
  )
} finally {
  await browser.close()
  await demo?.server.close()
  await rm(scratch, { recursive: true, force: true })
}
