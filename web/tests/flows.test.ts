// The pages as those play them who asked for them: one test for each kind of chat.

import { expect } from 'vitest'
import { guest, makeRoom, send } from '../../tests/support/client.ts'
import { createRoom, enterAsGuest, messageOf, register, say, test } from './setup/pages.ts'

test('a username chat: register, create a room, share it, log out, sign in, write, leave, delete the account', async ({
  start,
  visit,
}) => {
  const server = await start({ roomDeletion: 'nobody' })
  const john = await visit(server)
  await register(john, 'john')
  await john.page.getByRole('heading', { name: 'Welcome, john' }).waitFor()
  const code = await createRoom(john, 'Study group')
  await say(john, 'Hello room')
  await messageOf(john, 'Hello room').waitFor()
  await john.page.getByRole('button', { name: 'Room details' }).click()
  await john.page.getByRole('tab', { name: 'Settings' }).click()
  await john.page.getByRole('button', { name: 'Save' }).waitFor()
  // on this server nobody may delete a room
  expect(await john.page.getByRole('button', { name: 'Delete room' }).count()).toBe(0)

  await john.page.getByRole('button', { name: 'Account menu' }).click()
  await john.page.getByRole('menuitem', { name: 'Log out' }).click()
  await john.page.getByRole('button', { name: 'Sign in' }).click()
  await john.page.getByLabel('Username').fill('john')
  await john.page.getByLabel('Password').fill('wrong password')
  await john.page.getByRole('button', { name: 'Sign in' }).first().click()
  await john.page.getByText('The username or the password is wrong.').waitFor()
  await john.page.getByLabel('Password').fill('correct horse')
  await john.page.getByRole('button', { name: 'Sign in' }).first().click()
  await john.page.getByRole('link', { name: /Study group/ }).waitFor()

  const jane = await visit({ ...server, path: `/j/${code}` })
  await jane.page.getByText('You are invited to Study group').waitFor()
  await register(jane, 'jane')
  await jane.page.getByRole('button', { name: 'Join', exact: true }).click()
  await messageOf(jane, 'Hello room').waitFor()

  await john.page.goto(`${server.url}/settings/account`)
  await john.page.getByRole('button', { name: 'Delete account' }).click()
  const dialog = john.page.getByRole('dialog')
  await dialog.getByLabel('Password').fill('correct horse')
  await dialog.getByRole('button', { name: 'Delete my account for ever' }).click()
  await john.page.getByRole('button', { name: 'Enter as a guest' }).waitFor()
  await jane.page.getByText('Open · 1 member').waitFor()
})

test('a username chat without passwords warns, and takes the username alone', async ({ start, visit }) => {
  const server = await start({ passwordlessSignIn: true })
  const ada = await visit(server)
  await ada.page.getByRole('button', { name: 'Register' }).click()
  await ada.page.getByText('anybody can then sign in as you').waitFor()
  await ada.page.getByLabel('Username').fill('nopass')
  await ada.page.getByRole('button', { name: 'Register' }).first().click()
  await ada.page.getByRole('heading', { name: 'Welcome, nopass' }).waitFor()
})

test('a room site: discover, a password, who is here, a friend asked and accepted, a picture', async ({
  one,
  visit,
}) => {
  const owner = await guest(one, 'Owner')
  await owner.call(
    'mutation { createRoom(input: { name: "Secret garden", access: PASSWORD, password: "open-sesame" }) { room { id } } }',
  )
  const mia = await visit({ ...one, path: '/discover' })
  await register(mia, 'mia')
  await mia.page.getByRole('searchbox', { name: 'Name' }).fill('secret gar')
  await mia.page.getByRole('link', { name: /Secret garden/ }).click()
  await mia.page.getByLabel('Room password').fill('wrong')
  await mia.page.getByRole('button', { name: 'Join', exact: true }).click()
  await mia.page.getByText('The password of the room is wrong.').waitFor()
  await mia.page.getByLabel('Room password').fill('open-sesame')
  await mia.page.getByRole('button', { name: 'Join', exact: true }).click()

  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC'
  await mia.page.locator('input[type=file]').setInputFiles({
    name: 'garden.png',
    mimeType: 'image/png',
    buffer: Buffer.from(pixel, 'base64'),
  })
  await say(mia, 'A picture')
  await messageOf(mia, 'A picture').getByRole('button', { name: 'Open picture garden.png' }).click()
  await mia.page.getByRole('dialog', { name: 'garden.png' }).getByRole('button', { name: 'Close' }).click()

  const noah = await visit({ ...one, path: '/friends' })
  await register(noah, 'noah')
  await noah.page.getByRole('button', { name: 'Add friend' }).first().click()
  await noah.page.getByLabel('Name or username').fill('mia')
  await noah.page.getByRole('button', { name: /mia/ }).first().click()
  await noah.page.getByRole('dialog').getByRole('button', { name: 'Add friend' }).click()
  await noah.page.getByRole('heading', { name: 'You asked' }).waitFor()
  await mia.page.getByRole('link', { name: /Friends/ }).click()
  await mia.page.getByRole('button', { name: 'Accept' }).click()
  await mia.page.getByRole('heading', { name: 'Friends (1)' }).waitFor()
  await noah.page.getByRole('heading', { name: 'Friends (1)' }).waitFor()
  expect(mia.conduct.foreign).toEqual([])
})

test('a messenger: a direct room in a click, ticks, typing, an edit, a reaction, a reply, and a delete that is undone', async ({
  one,
  visit,
}) => {
  const ada = await visit(one)
  await register(ada, 'adam')
  const eve = await visit(one)
  await register(eve, 'evelyn')
  await ada.page.getByRole('button', { name: /^Direct message/ }).click()
  await ada.page.getByLabel('Name or username').fill('evelyn')
  await ada.page
    .getByRole('button', { name: /evelyn/ })
    .first()
    .click()
  await ada.page.getByRole('heading', { name: 'evelyn' }).waitFor()
  await say(ada, 'Lunch?')
  await eve.page.getByRole('link', { name: /adam/ }).click()
  await messageOf(eve, 'Lunch?').waitFor()
  await messageOf(ada, 'Lunch?').getByLabel('Read').waitFor()

  await eve.page.getByRole('textbox', { name: 'Message' }).pressSequentially('At no')
  await ada.page.getByText('evelyn is typing…').waitFor()
  await eve.page.getByRole('textbox', { name: 'Message' }).pressSequentially('on')
  await eve.page.keyboard.press('Enter')
  await messageOf(ada, 'At noon').waitFor()

  await ada.page.getByRole('textbox', { name: 'Message' }).press('ArrowUp')
  await ada.page.getByText('Edit message').waitFor()
  await say(ada, 'Lunch today?')
  await messageOf(eve, 'Lunch today?').getByText('(edited)').waitFor()

  await messageOf(eve, 'Lunch today?').hover()
  await eve.page.getByRole('button', { name: 'React with 👍' }).click()
  await messageOf(ada, 'Lunch today?').getByRole('button', { name: '👍, 1' }).waitFor()
  await messageOf(eve, 'Lunch today?').hover()
  await eve.page.getByRole('button', { name: 'Reply' }).click()
  await say(eve, 'With pleasure')
  await messageOf(ada, 'With pleasure')
    .getByRole('button', { name: /adam\s*Lunch today/ })
    .waitFor()

  await messageOf(eve, 'With pleasure').last().hover()
  await eve.page.getByRole('button', { name: 'More', exact: true }).click()
  await eve.page.getByRole('menuitem', { name: 'Delete' }).click()
  await eve.page.getByRole('button', { name: 'Undo' }).click()
  await messageOf(eve, 'With pleasure').last().hover()
  await eve.page.getByRole('button', { name: 'More', exact: true }).click()
  await eve.page.getByRole('menuitem', { name: 'Delete' }).click()
  await messageOf(ada, 'Message deleted').waitFor()
  for (const { conduct } of [ada, eve]) expect(conduct.errors).toEqual([])
})

test('a simple messenger: add people to a room, make one admin, remove one, who is told of it', async ({
  one,
  visit,
}) => {
  const boss = await visit(one)
  await register(boss, 'boss')
  for (const name of ['worker', 'helper']) await register(await visit(one), name)
  const code = await createRoom(boss, 'Team')
  await boss.page.getByRole('button', { name: 'Room details' }).click()
  await boss.page.getByRole('button', { name: 'Add members' }).click()
  const dialog = boss.page.getByRole('dialog')
  for (const name of ['worker', 'helper']) {
    await dialog.getByLabel('Name or username').fill(name)
    await dialog
      .getByRole('button', { name: new RegExp(name) })
      .first()
      .click()
  }
  await dialog.getByRole('button', { name: 'Add 2 people' }).click()
  const members = boss.page.getByRole('tabpanel', { name: 'Members' })
  await members.getByText('@helper').waitFor()
  await boss.page.getByRole('button', { name: 'What to do with worker' }).click()
  await boss.page.getByRole('menuitem', { name: 'Make admin' }).click()
  await members.getByText('Admin', { exact: true }).waitFor()
  await boss.page.getByRole('button', { name: 'What to do with helper' }).click()
  await boss.page.getByRole('menuitem', { name: 'Remove from room' }).click()
  await boss.page.getByRole('button', { name: 'What to do with helper' }).waitFor({ state: 'detached' })
  expect(code).toMatch(/^[A-Z0-9]{8}$/)
})

test('who lets only friends add them to rooms is invited, and accepts or declines', async ({ one, visit }) => {
  const [host, wary] = [await visit(one), await visit(one)]
  await register(host, 'host')
  await register(wary, 'wary')
  await wary.page.goto(`${one.url}/settings/privacy`)
  const policy = wary.page.getByLabel('Friends', { exact: true })
  await policy.click()
  await expect.poll(() => policy.isChecked()).toBe(true)
  for (const name of ['Choir', 'Cinema']) {
    await host.page.goto(one.url)
    await createRoom(host, name)
    await host.page.getByRole('button', { name: 'Room details' }).click()
    await host.page.getByRole('button', { name: 'Add members' }).click()
    const dialog = host.page.getByRole('dialog')
    await dialog.getByLabel('Name or username').fill('wary')
    await dialog.getByRole('button', { name: /wary/ }).first().click()
    await dialog.getByRole('button', { name: 'Add 1 person' }).click()
    await host.page.getByText('wary must accept the invitation first.').waitFor()
  }
  const invitations = wary.page.getByRole('region', { name: 'Invitations' })
  const choir = invitations.getByRole('listitem').filter({ hasText: 'Choir' })
  await choir.getByText('host invites you').waitFor()
  await choir.getByRole('button', { name: 'Accept' }).click()
  await wary.page.getByRole('link', { name: /Choir/ }).waitFor()
  await invitations.getByRole('button', { name: 'Decline' }).click()
  await invitations.waitFor({ state: 'detached' })
  expect(await wary.page.getByRole('link', { name: /Cinema/ }).count()).toBe(0)
})

test('a guest registers later and keeps rooms; other devices are listed and can be signed out', async ({
  one,
  visit,
}) => {
  const gus = await visit(one)
  await enterAsGuest(gus, 'Gus')
  await createRoom(gus, 'Kept')
  await gus.page.goto(`${one.url}/settings/account`)
  await gus.page.getByLabel('Username').fill('gustav')
  await gus.page.getByLabel('Password').fill('correct horse')
  await gus.page.getByRole('main').getByRole('button', { name: 'Create an account' }).click()
  await gus.page.getByRole('heading', { name: '@gustav' }).waitFor()
  await gus.page.getByRole('link', { name: /Kept/ }).waitFor()

  const phone = await visit({ ...one, viewport: { width: 360, height: 640 } })
  await phone.page.getByRole('button', { name: 'Sign in' }).click()
  await phone.page.getByLabel('Username').fill('gustav')
  await phone.page.getByLabel('Password').fill('correct horse')
  await phone.page.getByRole('button', { name: 'Sign in' }).first().click()
  await phone.page.getByRole('link', { name: /Kept/ }).click()
  await phone.page.getByRole('button', { name: 'Back' }).click()
  await gus.page.goto(`${one.url}/settings/devices`)
  await gus.page.getByRole('main').getByRole('button', { name: 'Log out' }).click()
  await phone.page.getByText('Your session has ended').waitFor()
})

test('a room opens at the first unread message and is read by being seen', async ({ one, visit }) => {
  const owner = await guest(one, 'Talker')
  const roomId = await makeRoom(owner, [], 'Busy')
  for (let at = 1; at <= 30; at++) await send(owner, roomId, `old ${at}`)
  const reader = await visit({ ...one, path: `/j/${roomId}` })
  await register(reader, 'reader')
  await reader.page.getByRole('button', { name: 'Join', exact: true }).click()
  await messageOf(reader, 'old 30').waitFor()
  await reader.page.getByRole('link', { name: 'Friends' }).click()
  for (let at = 1; at <= 60; at++) await send(owner, roomId, `new ${at}`)
  await reader.page.getByRole('link', { name: /Busy.*60/s }).click()
  await reader.page.getByText('New messages', { exact: true }).waitFor()
  const line = await reader.page.getByText('New messages', { exact: true }).boundingBox()
  expect(line?.y).toBeGreaterThan(56)
  expect(line?.y).toBeLessThan(400)
  expect(await messageOf(reader, 'new 60').count()).toBe(0)
  await reader.page.getByRole('button', { name: /To the latest message/ }).click()
  await messageOf(reader, 'new 60').waitFor()
  await expect.poll(() => reader.page.getByRole('link', { name: /Busy.*unread/s }).count()).toBe(0)
})
