// A browser that several people use: it shows the next one nothing of the one before.

import { expect } from 'vitest'
import { patienceMs } from '../../tests/support/patience.ts'
import { createRoom, enterAsGuest, type Person, register, test } from './setup/pages.ts'

interface Trace {
  readonly name: string
  /** Leaves it, as the first user. */
  leave(person: Person): Promise<unknown>
  /** Gives everything of it that is there; nothing once it is gone. */
  find(person: Person): Promise<readonly unknown[]>
}

const secret = 'half a secret'
const field = ({ page }: Person) => page.getByRole('textbox', { name: 'Message' })

/** Things that a page keeps for a user. The next one gets a row. */
const traces: readonly Trace[] = [
  {
    name: 'the draft of a message',
    leave: (person) => field(person).fill(secret),
    find: ({ page }) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('draft'))),
  },
  {
    name: 'the emojis that were used',
    async leave({ page }) {
      await page.getByRole('button', { name: 'Emoji', exact: true }).click()
      await page.getByRole('searchbox', { name: 'Search emoji' }).fill('rocket')
      await page.getByRole('button', { name: 'rocket', exact: true }).click()
    },
    find: ({ page }) =>
      page.evaluate(() =>
        Object.entries(localStorage).flatMap((entry) => (entry.join().includes('🚀') ? [entry] : [])),
      ),
  },
  {
    name: 'the access token of GraphiQL in this tab',
    leave: ({ page }) => page.evaluate(() => sessionStorage.setItem('kabar token', 'their token')),
    find: ({ page }) => page.evaluate(() => Object.entries(sessionStorage)),
  },
  {
    name: 'the number of unread messages in the title',
    leave: ({ page }) =>
      page.evaluate(() => {
        document.title = '(3) Kabar'
      }),
    find: async ({ page }) => [await page.title()].filter((title) => title !== 'Kabar'),
  },
  {
    name: 'a notification that is still shown',
    leave: ({ page }) =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready
        await registration.showNotification('Room', { body: 'secret', tag: 'room' })
      }),
    find: ({ page }) =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready
        return (await registration.getNotifications()).map(({ title }) => title)
      }),
  },
  {
    name: 'rooms and messages',
    leave: ({ page }) => page.getByRole('link', { name: /Diary/ }).waitFor(),
    find: ({ page }) => page.evaluate(recordsOf, 'Diary'),
  },
]

/** Gives all records of IndexedDB that contain a text. Runs in the page. */
async function recordsOf(text: string): Promise<string[]> {
  const resultOf = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('IndexedDB does not answer'))
    })
  const found: string[] = []
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await resultOf(indexedDB.open(name))
    for (const table of database.objectStoreNames) {
      const records = await resultOf(database.transaction(table).objectStore(table).getAll())
      found.push(...records.map((record) => JSON.stringify(record)).filter((record) => record.includes(text)))
    }
    database.close()
  }
  return found
}

/** Enters a room as its owner, and leaves every trace there. Gives the path of the room. */
async function leaveTraces(person: Person): Promise<string> {
  await person.page.context().grantPermissions(['notifications'])
  const code = await createRoom(person, 'Diary')
  for (const { leave, find, name } of traces) {
    await leave(person)
    await expect.poll(() => find(person), { timeout: patienceMs, message: name }).not.toEqual([])
  }
  return `/j/${code}`
}

/** Ends the session of the page, as another device of the user does. */
async function endSession({ page }: Person): Promise<void> {
  await page.evaluate(async () => {
    const { accessToken } = JSON.parse(localStorage.getItem(`kabar ${location.origin}/graphql`) ?? '')
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` }
    const body = JSON.stringify({ query: 'mutation { signOut { session { id } } }' })
    await fetch('/graphql', { method: 'POST', headers, body })
  })
  await page.getByText('Your session has ended').waitFor()
}

/** Expects that the second user sees nothing of the first, also in the same room. */
async function expectNothing(person: Person, path: string): Promise<void> {
  for (const { find, name } of traces) {
    await expect.poll(() => find(person), { timeout: patienceMs, message: name }).toEqual([])
  }
  await person.page.goto(new URL(path, person.page.url()).href)
  await person.page.getByRole('button', { name: 'Join', exact: true }).click()
  await field(person).waitFor()
  expect(await field(person).inputValue()).toBe('')
}

test('after a sign-out the browser has nothing of the user, and the next one sees an empty draft', async ({
  one,
  visit,
}) => {
  const person = await visit(one)
  await register(person, 'first')
  const path = await leaveTraces(person)
  await person.page.getByRole('button', { name: 'Account menu' }).click()
  await person.page.getByRole('menuitem', { name: 'Log out' }).click()
  await person.page.getByRole('button', { name: 'Enter as a guest' }).waitFor()
  for (const { find, name } of traces) {
    await expect.poll(() => find(person), { timeout: patienceMs, message: name }).toEqual([])
  }
  await enterAsGuest(person, 'Second')
  await expectNothing(person, path)
})

test('after a session has expired its user finds the draft again, and another one finds nothing', async ({
  one,
  visit,
}) => {
  const person = await visit(one)
  await register(person, 'third')
  const path = await leaveTraces(person)
  await endSession(person)
  await person.page.reload()
  await person.page.getByRole('button', { name: 'Sign in' }).click()
  await person.page.getByLabel('Username').fill('third')
  await person.page.getByLabel('Password').fill('correct horse')
  await person.page.getByRole('button', { name: 'Sign in' }).first().click()
  await person.page.getByRole('link', { name: /Diary/ }).click()
  await expect.poll(() => field(person).inputValue()).toContain(secret)

  await endSession(person)
  await person.page.reload()
  await enterAsGuest(person, 'Fourth')
  await expectNothing(person, path)
})
