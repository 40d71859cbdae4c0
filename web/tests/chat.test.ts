import { expect } from 'vitest'
import { createRoom, enterAsGuest, messageOf, register, say, test } from './setup/pages.ts'

test('two people meet: one makes a room and shares its code, the other joins by it, and they chat', async ({
  one,
  visit,
}) => {
  const ada = await visit(one)
  await enterAsGuest(ada, 'Ada')
  await ada.page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor()
  const code = await createRoom(ada, 'Tea table')

  const bob = await visit(one)
  await enterAsGuest(bob, 'Bob')
  await bob.page.getByLabel('Code, ID or link').fill(code)
  await bob.page.getByRole('button', { name: 'Join', exact: true }).click()
  await bob.page.getByRole('heading', { name: 'Tea table' }).waitFor()

  await say(ada, 'Is there **still** tea?')
  await messageOf(bob, 'Is there still tea?').waitFor()
  expect(await messageOf(bob, 'still').locator('strong').innerText()).toBe('still')
  await say(bob, 'Yes!')
  await messageOf(ada, 'Yes!').waitFor()
  await messageOf(ada, 'still').getByLabel('Read').waitFor()

  await bob.page.getByRole('button', { name: 'Room menu' }).click()
  await bob.page.getByRole('menuitem', { name: 'Leave room' }).click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Leave room' }).click()
  await bob.page.getByRole('heading', { name: 'Welcome, Bob' }).waitFor()
  await bob.page.getByRole('link', { name: /Tea table/ }).waitFor({ state: 'detached' })

  for (const { conduct } of [ada, bob]) expect(conduct).toEqual({ foreign: [], errors: [] })
})

test('a message is in the list at once, before the server has answered', async ({ one, visit }) => {
  const ada = await visit(one)
  await register(ada, 'early')
  await createRoom(ada, 'Early')
  await ada.page.route('**/graphql', () => {}) // nothing is answered any more
  await say(ada, 'on its way')
  await messageOf(ada, 'on its way').getByLabel('Sending').waitFor()
  await ada.page.unroute('**/graphql')
})

test('a page whose further code does not load at first loads it when it can', async ({ one, visit }) => {
  // the service worker would have it already
  const ada = await visit({ url: one.url, path: '/media', serviceWorkers: 'block' })
  let refused = 0
  await ada.page.route('**/assets/account-*.js', async (route) => {
    refused += 1
    await (refused < 3 ? route.abort() : route.continue())
  })
  await ada.page.goto(one.url)
  await enterAsGuest(ada, 'Patient')
  await createRoom(ada, 'Late')
  await say(ada, 'it came')
  await messageOf(ada, 'it came').getByLabel('Sent').waitFor()
  expect(refused).toBeGreaterThan(2)
})

test('a browser that forbids all storage shows a chat that lasts as long as its page', async ({ one, visit }) => {
  const { page, conduct } = await visit({ url: one.url, path: '/icon.svg', serviceWorkers: 'block' })
  await page.addInitScript(() => {
    const forbid = () => {
      throw new DOMException('Access is denied for this document.', 'SecurityError')
    }
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
      Object.defineProperty(window, name, { get: forbid })
  })
  await page.goto(one.url)
  await page.getByLabel('Language').selectOption('id')
  await page.getByLabel('Bahasa').selectOption('en')
  const ada = { page, conduct }
  await enterAsGuest(ada, 'Fleeting')
  await createRoom(ada, 'Sand')
  await say(ada, 'written in it')
  await messageOf(ada, 'written in it').getByLabel('Sent').waitFor()
  await page.getByRole('textbox', { name: 'Message' }).fill('a draft')
  await page.getByRole('link', { name: 'Discover' }).click()
  await page.getByRole('link', { name: /Sand/ }).click()
  await expect.poll(() => page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('a draft')
  // the picture that was visited first has no icon of its own
  expect(conduct.errors.filter((text) => !text.includes('404'))).toEqual([])
})
