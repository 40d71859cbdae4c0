// One day of a chat application, whatever GraphQL client it is built with.

import { expect } from 'vitest'
import { type Client, makeRoom, send } from '../support/client.ts'
import type { AccessToken, Snippets } from '../support/snippets.ts'

/** An application with a list of rooms and an open room. What it shows, it has in the cache of its client. */
export interface Page {
  /** Reads the list, and follows it. */
  openList(): Promise<void>
  /** The unread count of each room of the list, by its name. */
  badges(): Record<string, number>
  /** Reads the newest messages of a room, and follows it. */
  openRoom(roomId: string): Promise<void>
  /** The bodies of the messages of the open room, in order. */
  shown(): string[]
  /** Reads the page before those shown. False when there is none. */
  older(): Promise<boolean>
  /** Reads the five messages around a number, beside those shown. */
  around(number: number): Promise<string[]>
  /** Sends a message, which is shown before the server answers. */
  send(body: string): Promise<void>
  /** Marks the open room as read up to a number. */
  markRead(number: number): Promise<void>
}

/** The parameters of an application. */
export interface PageOptions {
  /** Of the server, or of what is in front of it. */
  readonly url: string
  readonly socketUrl: string
  /** The first one has run out. */
  readonly accessToken: AccessToken
  readonly snippets: Snippets
  /** Messages of a page. */
  readonly pageSize: number
  /** Runs when the test is over. */
  onClose(task: () => unknown): void
}

/** Makes an application. */
export type MakePage = (options: PageOptions) => Page | Promise<Page>

/** Messages of a page. */
export const pageSize = 5

/** The parts of the scenario beside the application. */
export interface Stage {
  readonly page: Page
  /** The user of the application, to prepare what they see. */
  readonly ada: Client
  readonly bob: Client
  readonly front: {
    /** Cuts all connections. */
    cut(): void
    /** Lets all bytes wait for so long. */
    delay(ms: number): void
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}`)

/** Plays the day, and checks what the application shows. */
export async function playScenario({ page, ada, bob, front }: Stage): Promise<void> {
  const roomId = await makeRoom(ada, [bob], 'Tea')
  const say = async (bodies: readonly string[]) => {
    for (const body of bodies) await send(bob, roomId, body)
  }

  // the access token is over: the first request gets another one
  await page.openList()
  expect(page.badges()).toEqual({ Tea: 0 })
  await say(upTo(12))
  await expect.poll(page.badges).toEqual({ Tea: 12 })

  await page.openRoom(roomId)
  expect(page.shown()).toEqual(upTo(12).slice(-pageSize))
  const isThere = async () => {
    while (await page.older());
  }
  await Promise.all([isThere(), say(['13', '14', '15'])])
  await expect.poll(page.shown).toEqual(upTo(15))
  expect(await page.around(4)).toEqual(['2', '3', '4', '5', '6'])
  expect(page.shown()).toEqual(upTo(15))

  front.delay(100)
  let isAnswered = false
  const sending = page.send('16').then(() => {
    isAnswered = true
  })
  await expect.poll(page.shown, { interval: 1 }).toEqual(upTo(16))
  expect(isAnswered).toBe(false)
  front.delay(0)
  await sending
  await page.markRead(16)
  await expect.poll(page.badges).toEqual({ Tea: 0 })

  front.cut()
  await say(['17', '18'])
  await expect.poll(page.shown).toEqual(upTo(18))
  await expect.poll(page.badges).toEqual({ Tea: 2 })
  await page.send('19')
  await expect.poll(page.shown).toEqual(upTo(19))
}
