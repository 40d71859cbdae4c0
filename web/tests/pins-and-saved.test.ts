// Pinned rooms, saved messages, unread marks, and the rules of a room.

import { expect } from 'vitest'
import { guest, makeRoom, send } from '../../tests/support/client.ts'
import { createRoom, enterAsGuest, messageOf, type Person, register, say, test } from './setup/pages.ts'

const rooms = ({ page }: Person) => page.getByRole('list', { name: 'My rooms' }).getByRole('listitem')

/** Chooses from the menu of the room. */
async function chooseOfRoom({ page }: Person, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Room menu' }).click()
  await page.getByRole('menuitem', { name }).click()
}

/** Chooses from the menu of a message. */
async function chooseOf(person: Person, text: string, name: string): Promise<void> {
  await messageOf(person, text).hover()
  await messageOf(person, text).getByRole('button', { name: 'More', exact: true }).click()
  await person.page.getByRole('menuitem', { name }).click()
}

test('a room is pinned, messages are saved and marked as unread, and all is found again', async ({ one, visit }) => {
  const talker = await guest(one, 'Talker')
  const quiet = await makeRoom(talker, [], 'Quiet')
  const busy = await makeRoom(talker, [], 'Busy')
  for (const text of ['first word', 'second word', 'third word']) await send(talker, quiet, text)
  const reader = await visit({ ...one, path: `/j/${quiet}` })
  const { page, conduct } = reader
  await register(reader, 'keeper')
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await messageOf(reader, 'third word').waitFor()
  await page.goto(`${one.url}/j/${busy}`)
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await rooms(reader).nth(1).waitFor()
  await send(talker, busy, 'news')
  await rooms(reader).first().filter({ hasText: 'Busy' }).waitFor()

  await page.getByRole('link', { name: /Quiet/ }).click()
  await chooseOfRoom(reader, 'Pin to the top')
  await rooms(reader).first().filter({ hasText: 'Quiet' }).getByLabel('Pinned to the top').waitFor()

  await chooseOf(reader, 'first word', 'Save')
  await messageOf(reader, 'first word').getByLabel('Saved').waitFor()
  await chooseOf(reader, 'second word', 'Mark as unread from here')
  await messageOf(reader, 'second word').getByText('New messages').waitFor()
  const quietLink = page.getByRole('link', { name: /Quiet/ })
  await quietLink.filter({ hasText: '2' }).waitFor()
  // it stays unread while the room is open, and is read when it is opened again
  await page.getByRole('link', { name: 'Saved messages' }).click()
  await page.getByRole('main').getByText('first word').click()
  await messageOf(reader, 'first word').waitFor()
  await expect.poll(() => quietLink.filter({ hasText: 'unread' }).count()).toBe(0)

  await page.getByRole('link', { name: 'Saved messages' }).click()
  await page.getByRole('button', { name: 'Remove from saved' }).click()
  await page.getByText('Nothing is saved.').waitFor()
  expect(conduct.errors).toEqual([])
})

test('after one visit everything that was seen is there without a network, and what is written waits', async ({
  one,
  visit,
}) => {
  const ada = await visit(one)
  const { page } = ada
  await enterAsGuest(ada, 'Ada')
  await createRoom(ada, 'Cellar')
  await say(ada, 'before')
  await messageOf(ada, 'before').getByLabel('Sent').waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.reload()
  await messageOf(ada, 'before').waitFor()
  await page.getByText('Offline: what you send goes out').waitFor()
  await say(ada, 'meanwhile')
  await messageOf(ada, 'meanwhile').getByLabel('Sending').waitFor()
  // a page that was not opened before
  await page.getByRole('link', { name: 'Discover' }).click()
  await page.getByRole('searchbox', { name: 'Name' }).waitFor()
  await page.context().setOffline(false)
  await page.getByRole('link', { name: /Cellar/ }).click()
  await messageOf(ada, 'meanwhile').getByLabel('Sent').waitFor()
})

test('an owner lets only admins write, hides the past, and deletes all they wrote', async ({ one, visit }) => {
  const owner = await visit(one)
  await register(owner, 'speaker')
  const listener = await guest(one, 'Listener')
  const { page, conduct } = owner
  const code = await createRoom(owner, 'Pulpit')
  await say(owner, 'a long speech')
  await messageOf(owner, 'a long speech').waitFor()

  await page.getByRole('button', { name: 'Room details' }).click()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByLabel('Who may write').selectOption('The owner and admins')
  await page.getByLabel('What new members see').selectOption('Messages from after they joined')
  await page.getByLabel('Messages end by themselves').selectOption('After 7 days')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('tab', { name: 'About' }).click()
  const about = page.getByRole('tabpanel', { name: 'About' })
  for (const text of ['The owner and admins', 'Messages from after they joined', 'After 7 days']) {
    await about.getByText(text).waitFor()
  }
  await listener.call(`mutation { joinRoom(input: { code: "${code}" }) { room { id } } }`)
  await page.getByText('Open · 2 members').waitFor()
  await page.getByRole('button', { name: 'Room details' }).click()
  await chooseOfRoom(owner, 'Delete my messages')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete my messages' }).click()
  await page.getByText('1 message deleted').waitFor()
  await messageOf(owner, 'Message deleted').waitFor()
  expect(conduct.errors).toEqual([])
})
