// Uploads that are given up, or stand still.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { Kabar, KabarOptions } from '../src/api/kabar.ts'
import type { Upload } from '../src/api/upload.ts'
import { createPutFile } from '../src/outbox/put-file.ts'
import { bodyOf, makeGuest } from './setup/clients.ts'

const file = new Blob(['hello'], { type: 'text/plain' })

/** An address that takes requests and never answers, and how many it has taken and lost. */
async function blackHole(): Promise<{ url: string; taken: number; lost: number }> {
  const hole = { url: '', taken: 0, lost: 0 }
  const server = createServer((request) => {
    hole.taken += 1
    request.socket.once('close', () => {
      hole.lost += 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  hole.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
  return hole
}

test('a file whose bytes stand still is given up, so that it is tried again', async () => {
  const hole = await blackHole()
  const put = createPutFile({ fetch, absoluteUrl: () => hole.url, silentMs: 50 })
  await expect(put({ url: '/', file, progress() {} })).rejects.toMatchObject({ code: 'NETWORK' })
  await expect.poll(() => hole.lost).toBe(1)
  // the time grows with the bytes, where nothing tells how far they are
  const large = new Blob([new Uint8Array(100_000)])
  const signal = AbortSignal.timeout(200)
  await expect(put({ url: '/', file: large, progress() {}, signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(put({ url: '/', file, progress() {}, signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(hole.taken).toBe(2)
})

const moments: Record<string, (hole: string) => typeof fetch> = {
  'during the announcement': (hole) => async (url, init) =>
    await fetch(bodyOf(init).includes('createUpload') ? hole : url, init),
  'during a wait': () => async (url, init) => {
    if (bodyOf(init).includes('createUpload')) throw new TypeError('no network')
    return await fetch(url, init)
  },
  'while bytes are on their way': (hole) => async (url, init) => await fetch(init?.method === 'PUT' ? hole : url, init),
}

const endings: Record<string, (kabar: Kabar, upload: Upload) => unknown> = {
  cancel: (_, upload) => upload.cancel(),
  close: (kabar) => kabar.close(),
}

for (const [moment, fetchOf] of Object.entries(moments)) {
  for (const [name, end] of Object.entries(endings)) {
    test(`an upload is cancelled by ${name} ${moment}`, async ({ one }) => {
      const hole = await blackHole()
      const met = Promise.withResolvers<void>()
      const through = fetchOf(hole.url)
      const options: Partial<KabarOptions> = {
        async fetch(url, init) {
          if (bodyOf(init).includes('createUpload') || init?.method === 'PUT') met.resolve()
          return await through(url, init)
        },
      }
      const kabar = await makeGuest(one, 'Ada', options)
      const upload = kabar.upload(file, { name: 'hello.txt' })
      await met.promise
      if (moment !== 'during a wait') await expect.poll(() => hole.taken).toBe(1)
      await end(kabar, upload)
      expect(upload.getSnapshot()).toMatchObject({ status: 'cancelled', media: null })
      await expect(upload.done).rejects.toMatchObject({ code: 'CANCELLED' })
      if (moment === 'while bytes are on their way') await expect.poll(() => hole.lost).toBe(1)
    })
  }
}
