import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { graphiqlTabs } from '../../src/http/graphiql-tabs.ts'
import { browserIsMissing, browserPath, openPage } from '../support/browser.ts'
import { Client, guest, join, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'

/** Runs the operation of a tab, once the editor holds it: until then the button runs that of another tab, or nothing. */
async function execute(page: Page, operation: string): Promise<void> {
  await page.locator('.graphiql-query-editor .view-lines', { hasText: operation }).waitFor()
  await page.locator('.result-window .view-lines').waitFor({ state: 'attached' })
  await page.getByRole('button', { name: /^Execute query/ }).click()
}

/** Writes a text into an editor, in place of what it holds. */
async function fill(page: Page, tool: 'Variables', text: string): Promise<void> {
  await page.getByRole('button', { name: tool, exact: true }).click()
  await page.locator('.graphiql-editor-tool .view-lines:visible').click()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(text)
}

/** Opens a tab with one click. */
async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
  await page.locator('.graphiql-tab-active', { hasText: name }).waitFor()
}

/** Waits until the result window shows a text; the editor breaks lines and writes spaces that do not break. */
async function showing(page: Page, text: string): Promise<void> {
  const shown = async () => (await page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ')
  await expect.poll(shown).toContain(text)
}

test('the tabs of GraphiQL lead from signing in to a message, which is not missed meanwhile', async ({
  start,
  skip,
}) => {
  skip(browserIsMissing, `There is no browser at ${browserPath}. Install chromium to run this test.`)
  const server = await start()
  const { page } = await openPage(`${server.url}/graphql`)
  /** Runs the tab that is open, and gives the field of its answer. */
  const run = async <Field>(operation: string, name: string) => {
    const answer = page.waitForResponse((response) => response.request().postData()?.includes(operation) ?? false)
    await execute(page, operation)
    return ((await (await answer).json()) as { data: Record<string, Field> }).data[name]
  }
  await run('SignInAsGuest', 'signInAsGuest')
  await openTab(page, 'CreateRoom')
  const made = await run<{ room: { id: string; eventCursor: string } }>('CreateRoom', 'createRoom')
  const { id: roomId, eventCursor: after } = made?.room ?? {}
  await openTab(page, 'Send')
  await fill(page, 'Variables', JSON.stringify({ roomId }))
  await run('Send', 'sendMessage')
  await openTab(page, 'Follow')
  await fill(page, 'Variables', JSON.stringify({ roomId, after }))
  await execute(page, 'Follow')
  await showing(page, '"body": "Hello!"')
})

test('GraphiQL signs in and shows messages as they are sent, asking nothing of any other server', async ({
  start,
  skip,
}) => {
  skip(browserIsMissing, `There is no browser at ${browserPath}. Install chromium to run this test.`)
  const server = await start()
  const { page, conduct } = await openPage(`${server.url}/graphql`)

  const answer = page.waitForResponse((response) => response.request().postData()?.includes('SignInAsGuest') ?? false)
  await execute(page, 'SignInAsGuest')
  const { signInAsGuest } = ((await (await answer).json()) as { data: Record<string, { accessToken: string }> }).data
  const token = signInAsGuest?.accessToken ?? ''
  await showing(page, '"displayName": "Ada"')

  const bob = await guest(server, 'Bob')
  const roomId = await makeRoom(bob)
  await join(new Client(server, { token, refreshToken: '', userId: '', name: 'Ada' }), roomId)
  await openTab(page, 'Follow')
  await fill(page, 'Variables', JSON.stringify({ roomId }))
  await execute(page, 'Follow')
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
  for (const body of ['seen in GraphiQL', 'and seen again']) {
    await send(bob, roomId, body)
    await showing(page, `"body": "${body}"`)
    await showing(page, '"displayName": "Bob"')
  }

  await page.getByRole('button', { name: /^Stop query/ }).click()
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
  await page.getByLabel('Access token').fill('')
  await execute(page, 'Follow')
  await showing(page, 'UNAUTHENTICATED')

  expect(conduct.foreign).toEqual([])
  expect(conduct.errors).toEqual([])
})

test('no line of a tab is cut off where the window is 1,280 pixels wide', () => {
  const lines = graphiqlTabs.flatMap(({ query }) => query.split('\n'))
  expect(lines.filter((line) => line.length > 52)).toEqual([])
})
