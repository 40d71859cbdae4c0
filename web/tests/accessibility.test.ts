import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { addOperator } from '../../src/operators/service.ts'
import { guest, join, makeRoom, send } from '../../tests/support/client.ts'
import { register, say, test } from './setup/pages.ts'

interface Finding {
  id: string
  nodes: { html: string; failureSummary: string }[]
}

const everything = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}
/** Rules that differ between the themes. */
const colors = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** Everything that axe finds on the page as it is now. */
async function findingsOn(page: Page, runOnly: object): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async (rules) => {
    const { axe: runner } = window as unknown as {
      axe: { run(context: Document, options: object): Promise<{ violations: Finding[] }> }
    }
    return (await runner.run(document, { runOnly: rules })).violations
  }, runOnly)
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
  )
}

test.for(['light', 'dark'] as const)('axe finds nothing on any page, %s', async (colorScheme, { one, visit }) => {
  const owner = await guest(one, 'Owner')
  const roomId = await makeRoom(owner, [], 'Reading room')
  for (const text of ['Hello **there**', '> quoted', '`code` and https://example.org', '- one\n- two']) {
    await send(owner, roomId, text)
  }
  const reporter = await guest(one, 'Reporter')
  await join(reporter, roomId)
  const { id: messageId } = await send(owner, roomId, 'Something rude')
  const report = 'mutation ($input: ReportMessageInput!) { reportMessage(input: $input) { report { id } } }'
  await reporter.call(report, { input: { messageId, reason: 'It is rude.' } })
  // its own policy would not let axe in
  const ada = await visit({ url: one.url, bypassCSP: true, colorScheme })
  const { page } = ada
  const rules = colorScheme === 'light' ? everything : colors
  const look = async (state: string) => expect(await findingsOn(page, rules), state).toEqual([])
  await look('landing')
  await page.getByRole('button', { name: 'Register' }).click()
  await look('register')
  await page.getByRole('button', { name: 'Enter as a guest' }).click()
  await register(ada, `axe-${colorScheme}`)
  await look('dashboard')
  await page.goto(`${one.url}/j/${roomId}`)
  await page.getByRole('button', { name: 'Join', exact: true }).waitFor()
  await look('door')
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await page.getByRole('article').first().waitFor()
  await say(ada, 'Hello, @owner :)')
  await page.getByRole('article').last().hover()
  await page.getByRole('toolbar').waitFor()
  await look('room')
  await page.getByRole('button', { name: 'Emoji' }).click()
  await page
    .getByRole('button', { name: /grinning face/ })
    .first()
    .waitFor()
  await look('emoji')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Room details' }).click()
  await page.getByRole('tabpanel').waitFor()
  await look('details')
  await page.getByRole('button', { name: 'Room menu' }).click()
  await page.getByRole('menu').waitFor()
  await look('menu')
  await page.keyboard.press('Escape')
  for (const path of [
    'discover',
    'friends',
    'search',
    'settings/profile',
    'settings/account',
    'settings/devices',
    'settings/privacy',
    'settings/appearance',
  ]) {
    await page.goto(`${one.url}/${path}`)
    await page.getByRole('main').locator('h1').waitFor()
    await look(path)
  }
  await addOperator(one.parts, `axe-${colorScheme}`)
  for (const path of ['reports', 'users', 'rooms', 'figures', 'audit']) {
    await page.goto(`${one.url}/operator/${path}`)
    await page.getByRole('navigation', { name: 'Operator' }).waitFor()
    await page.getByRole('main').locator('[aria-busy=false]').waitFor({ state: 'attached' })
    await look(`operator/${path}`)
  }
  await page.goto(`${one.url}/operator/users`)
  await page.getByRole('button', { name: 'What to do with Owner' }).first().click()
  await page.getByRole('menuitem', { name: 'Suspend' }).click()
  await page.getByRole('dialog').waitFor()
  await look('operator: dialog')
})

test('everything is done by keyboard: from the landing page to a message that is answered', async ({ one, visit }) => {
  const { page } = await visit({ url: one.url })
  await page.getByLabel('Your name').waitFor()
  await page.keyboard.type('Keys')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Welcome, Keys' }).waitFor()
  for (let pressed = 0; pressed < 40; pressed++) {
    const name = await page.evaluate(() => document.activeElement?.textContent ?? '')
    if (name.startsWith('Create a room')) break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.type('By hand')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Room created' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  await page.keyboard.type('first')
  await page.keyboard.press('Enter')
  await page.getByRole('article').filter({ hasText: 'first' }).getByLabel('Sent').waitFor()
  // the message before, its toolbar, and an answer to it
  await page.keyboard.press('F6')
  await page.keyboard.press('F6')
  await page.getByRole('feed').focus()
  await page.keyboard.press('PageUp')
  await page.getByRole('toolbar').waitFor()
  await page.getByRole('button', { name: 'Reply' }).press('Enter')
  await page.keyboard.type('second')
  await page.keyboard.press('Enter')
  await page
    .getByRole('article')
    .filter({ hasText: 'second' })
    .getByRole('button', { name: /Keys\s*first/ })
    .waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Name of a room' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})
