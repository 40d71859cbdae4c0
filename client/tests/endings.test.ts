// Streams that end, again and again: what cannot pass is shown, and nothing is asked for without a pause.

import { expect, onTestFinished, vi } from 'vitest'
import type { Server } from '../../tests/support/client.ts'
import { test } from '../../tests/support/server.ts'
import type { KabarOptions } from '../src/api/kabar.ts'
import { bounds } from '../src/config.ts'
import { bodies, bodyOf, follow, listen, makeGuest, makeRoom } from './setup/clients.ts'

/** Stands between the client and its server: changes requests for streams, or answers them. */
type Between = (request: RequestInit) => RequestInit | Response

/** Options of a client whose streams go through something, and the times at which its states were read. */
function through(between: Between): { options: Partial<KabarOptions>; reads: Record<string, number[]>; open(): void } {
  const reads: Record<string, number[]> = { RoomSnapshot: [], ViewerSnapshot: [] }
  let isOpen = false
  const options: Partial<KabarOptions> = {
    transport: 'event-stream',
    async fetch(url, init = {}) {
      const text = bodyOf(init)
      for (const [name, times] of Object.entries(reads)) {
        if (text.includes(`query ${name}`)) times.push(performance.now())
      }
      const isStream = new Headers(init.headers).get('accept') === 'text/event-stream'
      const made = isStream && !isOpen ? between(init) : init
      return made instanceof Response ? made : await fetch(url, made)
    },
  }
  return { options, reads, open: () => (isOpen = true) }
}

const replaced =
  (from: RegExp, to: string): Between =>
  (init) => ({ ...init, body: bodyOf(init).replace(from, to) })
const streaming = (text: string) => new Response(text, { headers: { 'content-type': 'text/event-stream' } })

const endings: { name: string; between: Between; code: string; readsMax: number }[] = [
  {
    name: 'fields that the server does not know',
    between: replaced(/(room|viewer)Events\(/, '$1Happenings('),
    code: 'VERSION_MISMATCH',
    readsMax: 1,
  },
  {
    name: 'a cursor that the server never takes',
    between: replaced(/"after":"[^"]*"/, '"after":"1.wrong"'),
    code: 'BAD_USER_INPUT',
    readsMax: 2,
  },
]

async function meet(one: Server, between: Between) {
  const { options, reads, open } = through(between)
  const ada = await makeGuest(one, 'Ada', options)
  const id = await makeRoom(ada)
  const [room, rooms] = [follow(ada, id), listen(ada.rooms)]
  return { ada, room, rooms, reads, open }
}

test.for(endings)(
  '$name: the error is shown, and nothing is asked for until the page tries again',
  async ({ between, code, readsMax }, { one }) => {
    const { ada, room, rooms, reads, open } = await meet(one, between)
    await expect.poll(() => room.getSnapshot()).toMatchObject({ status: 'failed', error: { code }, isLive: false })
    await expect.poll(() => rooms.getSnapshot().error).toMatchObject({ code })
    await room.send({ body: 'still sent' })
    const counts = () => Object.values(reads).map(({ length }) => length)
    expect(counts()).toEqual([readsMax, readsMax])
    open()
    ada.connection.retry()
    await expect.poll(() => ada.connection.getSnapshot().status).toBe('live')
    expect(bodies(room)).toEqual(['still sent'])
    expect(room.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(rooms.getSnapshot().error).toBe(null)
  },
)

const again: { name: string; between: Between }[] = [
  { name: 'that are completed at once', between: () => streaming('event: complete\ndata:\n\n') },
  {
    name: 'that want a resync at once',
    between: (init) => {
      const { query } = JSON.parse(bodyOf(init)) as { query: string }
      const field = query.includes('roomEvents') ? 'roomEvents' : 'viewerEvents'
      const event = { __typename: 'ResyncRequired', cursor: null, reason: 'CURSOR_UNKNOWN' }
      return streaming(`event: next\ndata: ${JSON.stringify({ data: { [field]: event } })}\n\n`)
    },
  },
]

test.for(again)(
  'streams $name are begun again at once the first time, then later and later',
  async ({ between }, { one }) => {
    // the longest waits
    const random = vi.spyOn(Math, 'random').mockReturnValue(1)
    onTestFinished(() => random.mockRestore())
    const { reads, open, room, rooms } = await meet(one, between)
    for (const times of Object.values(reads)) {
      await expect.poll(() => times.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4)
      const [, second = 0, third = 0, fourth = 0] = times
      expect(third - second).toBeGreaterThanOrEqual(bounds.retryFirstMs)
      expect(fourth - third).toBeGreaterThanOrEqual(2 * bounds.retryFirstMs)
    }
    open()
    await expect.poll(() => room.getSnapshot().isLive, { timeout: 10_000 }).toBe(true)
    expect(rooms.getSnapshot().error).toBe(null)
  },
)
