// Uploads that hold their places for as long as they can.

import { type ClientRequest, request } from 'node:http'
import { expect } from 'vitest'
import { mediaLimits } from '../../src/config/media.ts'
import { type Client, guest } from '../support/client.ts'
import { test } from '../support/members.ts'
import { patienceMs } from '../support/patience.ts'
import { announce, anyBytes, at, put } from '../support/uploads.ts'

const { atOnceMax, user } = mediaLimits.uploadPlaces
const behindProxy = { edge: { trustedProxies: ['127.0.0.1', '::1'] } }

/** Begins an upload that goes on byte by byte, and resolves when the server has ended it. */
async function trickle(client: Client, from: string): Promise<{ sending: ClientRequest; ended: Promise<unknown> }> {
  const { uploadUrl } = await announce(client, anyBytes(100_000))
  const headers = { 'content-length': 100_000, 'x-forwarded-for': from }
  const sending = request(at(client, uploadUrl), { method: 'PUT', headers })
  const dripping = setInterval(() => sending.write('.'), 100)
  const ended = new Promise((resolve) => {
    sending.once('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sending.on('error', () => resolve('reset')).on('close', () => clearInterval(dripping))
  })
  return { sending, ended }
}

test('uploads that trickle lose their places, and who waits gets one', async ({ start }) => {
  const server = await start({ ...behindProxy, media: { uploadWindowMs: 1_000, uploadWaitMs: patienceMs } })
  const clients = await Promise.all(Array.from({ length: atOnceMax / user.atOnceMax }, () => guest(server)))
  const trickles = await Promise.all(
    clients.flatMap((client, index) =>
      Array.from({ length: user.atOnceMax }, () => trickle(client, `10.0.${index}.1`)),
    ),
  )
  const ada = await guest(server)
  const { uploadUrl } = await announce(ada, anyBytes(1))
  expect(await put(ada, uploadUrl, 'x')).toEqual({ status: 204, code: null })
  const ends = await Promise.all(trickles.map(({ ended }) => ended))
  expect(new Set(ends)).toEqual(new Set([503]))
  for (const { sending } of trickles) sending.destroy()
})

test('a slow upload that keeps the least rate is received', async ({ start }) => {
  const server = await start({ media: { uploadWindowMs: 500, uploadBytesPerSecondMin: 10 } })
  const ada = await guest(server)
  const body = anyBytes(60)
  const { uploadUrl } = await announce(ada, body)
  const sending = request(at(ada, uploadUrl), { method: 'PUT', headers: { 'content-length': body.byteLength } })
  const status = new Promise((resolve, reject) => {
    sending.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject)
  })
  let sent = 0
  const dripping = setInterval(() => {
    sending.write(body.subarray(sent, sent + 4))
    sent += 4
    if (sent >= body.byteLength) {
      clearInterval(dripping)
      sending.end()
    }
  }, 100)
  expect(await status).toBe(204)
})
