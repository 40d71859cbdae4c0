// The most common failure of chat pages: the place that is read moves.

import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Client, guest, makeRoom, send } from '../../tests/support/client.ts'
import { messageOf, type Person, register, test } from './setup/pages.ts'

const words = 'tea kettle biscuit mug jasmine ginger table chair window garden ladder rain'.split(' ')

/** A message of its own length, one to eight lines. */
function textOf(number: number): string {
  const length = 1 + ((number * 7_919) % 60)
  return `m${number} ${Array.from({ length }, (_, index) => words[(number + index * 5) % words.length]).join(' ')}`
}

async function fill(author: Client, roomId: string, count: number, from = 1): Promise<void> {
  for (let number = from; number < from + count; number += 50) {
    const numbers = Array.from({ length: Math.min(50, from + count - number) }, (_, index) => number + index)
    for (const each of numbers) await send(author, roomId, textOf(each))
  }
}

async function enter(person: Person, roomId: string, name: string): Promise<void> {
  await register(person, name)
  await person.page.goto(new URL(`/j/${roomId}`, person.page.url()).href)
  await person.page.getByRole('button', { name: 'Join', exact: true }).click()
  await person.page.getByRole('article').first().waitFor()
}

/** Where a message is, in pixels from the top of the list; null when it is not in the document. */
const placeOf = (page: Page, number: number) =>
  page.evaluate((wanted) => {
    const feed = document.querySelector('[role=feed]')
    const row = feed?.querySelector(`[data-index="${wanted - 1}"]`)
    return row && feed ? row.getBoundingClientRect().top - feed.getBoundingClientRect().top : null
  }, number)

/** The message under the eye: the one at a third of the view. */
const underEye = (page: Page) =>
  page.evaluate(() => {
    const feed = document.querySelector('[role=feed]')?.getBoundingClientRect()
    if (!feed) return 0
    const element = document.elementFromPoint(feed.left + feed.width / 2, feed.top + feed.height / 3)
    return Number(element?.closest('[data-index]')?.getAttribute('data-index') ?? -1) + 1
  })

/** Waits until nothing has moved for some frames. */
const settled = (page: Page) =>
  page.evaluate(async () => {
    const feed = document.querySelector('[role=feed]')
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let still = 0, last = ''; still < 30; ) {
      await frame()
      const rows = [...(feed?.querySelectorAll('[data-index]') ?? [])]
      const now = `${feed?.scrollTop} ${feed?.querySelectorAll('[aria-busy]').length} ${rows.map((row) => row.getBoundingClientRect().top).join()}`
      still = now === last ? still + 1 : 0
      last = now
    }
  })

test('a long room: few rows in the document, any place by the scrollbar, and what is read does not move', async ({
  one,
  visit,
}) => {
  const author = await guest(one, 'Author')
  const roomId = await makeRoom(author, [], 'Long room')
  await fill(author, roomId, 600)
  const reader = await visit({ url: one.url })
  await enter(reader, roomId, 'scroller')
  const { page } = reader
  await messageOf(reader, 'm600 ').waitFor()
  await settled(page)

  // the scrollbar stands for the whole room
  for (const share of [0.5, 0.1, 0.8, 0]) {
    await page.evaluate((part) => {
      const feed = document.querySelector('[role=feed]')
      if (feed) feed.scrollTop = (feed.scrollHeight - feed.clientHeight) * part
    }, share)
    await settled(page)
    const number = await underEye(page)
    expect(number, `at ${share}`).toBeGreaterThan(600 * share - 60)
    expect(number, `at ${share}`).toBeLessThan(600 * share + 60)
    await messageOf(reader, `m${number} `).waitFor()
  }
  expect(await page.getByRole('article').count()).toBeLessThanOrEqual(80)

  // what comes while one reads above moves nothing
  await page.evaluate(() => {
    const feed = document.querySelector('[role=feed]')
    if (feed) feed.scrollTop = feed.scrollHeight / 2
  })
  await settled(page)
  const eye = await underEye(page)
  const before = await placeOf(page, eye)
  await fill(author, roomId, 20, 601)
  await page.getByRole('button', { name: /To the latest message/ }).waitFor()
  await settled(page)
  expect(Math.abs(((await placeOf(page, eye)) ?? 9_999) - (before ?? 0))).toBeLessThanOrEqual(1)

  // another width keeps the message at the top of the eye in view
  await page.setViewportSize({ width: 700, height: 800 })
  await settled(page)
  const narrow = await placeOf(page, eye)
  expect(narrow).not.toBeNull()
  expect(narrow).toBeGreaterThan(-300)
  expect(narrow).toBeLessThan(800)
  await page.setViewportSize({ width: 1280, height: 800 })
  await settled(page)

  // at the end, it stays at the end
  await page.getByRole('button', { name: /To the latest message/ }).click()
  await messageOf(reader, 'm620 ').waitFor()
  await settled(page)
  await fill(author, roomId, 15, 621)
  await messageOf(reader, 'm635 ').waitFor()
  await settled(page)
  const gap = await page.evaluate(() => {
    const feed = document.querySelector('[role=feed]')
    return feed ? feed.scrollHeight - feed.scrollTop - feed.clientHeight : 9_999
  })
  expect(gap).toBeLessThanOrEqual(2)
})

test('scrolling up over history that loads and wraps, the rows move by what was scrolled and no more', async ({
  one,
  visit,
}) => {
  const author = await guest(one, 'Author')
  const roomId = await makeRoom(author, [], 'History')
  await fill(author, roomId, 300)
  const reader = await visit({ url: one.url })
  await enter(reader, roomId, 'climber')
  await messageOf(reader, 'm300 ').waitFor()
  await settled(reader.page)
  const jumps = await reader.page.evaluate(async () => {
    const feed = document.querySelector('[role=feed]')
    // after the frame rather than in it, as when somebody scrolls: then the list hears of it first
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    const worst: number[] = []
    if (!feed) return worst
    const rowAt = () => {
      const box = feed.getBoundingClientRect()
      const element = document.elementFromPoint(box.left + box.width / 2, box.top + 300)
      return element?.closest<HTMLElement>('[data-index]') ?? null
    }
    // a row that is filled in view may push those below it: that is not counted
    const isFilled = () => {
      const box = feed.getBoundingClientRect()
      const busy = [...feed.querySelectorAll('article[aria-busy]')].map((row) => row.getBoundingClientRect())
      return !busy.some(({ bottom, top }) => bottom > box.top && top < box.bottom)
    }
    for (let step = 0; step < 200 && feed.scrollTop > 100; step++) {
      const row = rowAt()
      const from = row?.getBoundingClientRect().top ?? 0
      const wasFilled = isFilled()
      const scrolled = new Promise((resolve) => feed.addEventListener('scroll', resolve, { once: true }))
      feed.scrollTop -= 60
      // the list writes places of its own, and would take back a step that it has not heard of
      await scrolled
      await frame()
      await frame()
      if (row?.isConnected && wasFilled && isFilled()) worst.push(Math.abs(row.getBoundingClientRect().top - from - 60))
    }
    return worst
  })
  expect(jumps.length).toBeGreaterThan(80)
  // a step of 60 that the list took back, because it wrote a place of its own in the same frame, moves nothing
  expect(jumps.filter((jump) => jump > 1.5 && Math.abs(jump - 60) > 1.5)).toEqual([])
  expect(jumps.filter((jump) => jump > 1.5).length).toBeLessThan(jumps.length / 20)
})
