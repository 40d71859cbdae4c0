import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { startLab } from '../../lab/lab.ts'
import { patienceMs } from '../../tests/support/patience.ts'
import { test } from './setup/pages.ts'

const timeout = patienceMs

/** The counters of both sides, by their names. */
async function readFigures(page: Page): Promise<Record<string, string[]>> {
  const rows = await page
    .locator('tr[data-counter]')
    .evaluateAll((found) =>
      found.map((row) => [
        (row as HTMLElement).dataset.counter ?? '',
        [...row.querySelectorAll('td')].map(({ innerText }) => innerText),
      ]),
    )
  return Object.fromEntries(rows)
}

/** Waits until everything that was sent is stored, shown to both once and in order, and equal to the server's. */
async function expectWhole(page: Page): Promise<void> {
  const look = async () => {
    const { sent = [], recovery: _, takenBack = [], ...figures } = await readFigures(page)
    return { sent: sent.reduce((sum, count) => sum + Number(count), 0) - Number(takenBack[0]), ...figures }
  }
  const whole = (await look()).sent
  const all = [String(whole), String(whole)]
  const none = ['0', '0']
  const expected = { sent: whole, stored: all, shown: all, verified: all, lost: none, doubled: none, outOfOrder: none }
  await expect.poll(look, { timeout }).toEqual(expected)
}

test('two users lose nothing while one is cut, the other stands still, and the server is killed', async ({
  visit,
  onTestFinished,
}) => {
  const lab = await startLab({ port: 0 })
  onTestFinished(() => lab.close())
  const { page } = await visit({ url: new URL(lab.url).origin, path: '/lab' })
  const [ada, budi] = ['Ada', 'Budi'].map((name) => page.getByRole('region', { name }))
  if (!ada || !budi) throw new Error('There are two users.')
  const figure = async (name: string, side: 0 | 1) => (await readFigures(page))[name]?.[side]

  await page.getByRole('switch', { name: 'Send 20 messages a second' }).click()
  await ada.getByText('#2').first().waitFor()
  await ada.getByRole('button', { name: 'Cut the connection' }).click()
  await expect.poll(() => figure('recovery', 0), { timeout }).not.toBe('–')
  await budi.getByRole('button', { name: 'Pause' }).click()
  await budi.getByText('Paused').waitFor()
  await page.getByRole('button', { name: 'Kill the server' }).click()
  await page.getByText('The server was killed').waitFor()
  await page.getByText('The server was killed').waitFor({ state: 'detached' })
  await budi.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(() => figure('recovery', 1), { timeout }).not.toBe('–')
  await page.getByRole('switch').click()
  await expectWhole(page)
})
