// Those who only want to chat, each from an address of their own: what becomes of them is what counts.

import { Agent } from 'node:http'
import { WebSocket } from 'ws'
import { followRoom, sendMessage } from '../chaos/operations.ts'
import { pause } from './attacker.ts'
import { announce } from './attackers/announce.ts'
import { sendRequest } from './attackers/http-request.ts'
import { loopback } from './loopback.ts'
import type { World } from './world.ts'

const sendEveryMs = 250
const healthEveryMs = 100
const uploadEveryMs = 2_000
const firstAddress = 2

/** The measured experience of normal users. */
export interface NormalResult {
  /** Milliseconds of each, in ascending order. */
  readonly sendMs: readonly number[]
  readonly healthMs: readonly number[]
  readonly uploadMs: readonly number[]
  /** Sends, uploads and questions that failed, and how often. */
  readonly failures: Readonly<Record<string, number>>
  /** Messages that the follower was told of, and how often it was cut off or told something out of order. */
  readonly followed: number
  readonly disturbances: number
}

/** Starts them. Ends them with the function that it returns. */
export function startNormalUsers({
  url,
  normal,
}: Pick<World, 'normal'> & { readonly url: string }): () => Promise<NormalResult> {
  const stop = new AbortController()
  const { signal } = stop
  const agent = new Agent({ keepAlive: true })
  const failures: Record<string, number> = {}
  let uploaded = 0
  const [sendMs, healthMs, uploadMs]: [number[], number[], number[]] = [[], [], []]

  async function measure(into: number[], what: string, act: () => Promise<string>): Promise<void> {
    const began = performance.now()
    const how = await act()
    into.push(performance.now() - began)
    if (how !== 'status 200' && how !== 'status 204')
      failures[`${what}: ${how}`] = (failures[`${what}: ${how}`] ?? 0) + 1
  }

  async function every(ms: number, act: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const next = pause(ms, signal)
      await act()
      await next
    }
  }

  async function send(index: number, input: { body: string; attachmentIds?: string[] }): Promise<string> {
    const token = normal.people[index]?.token ?? ''
    const { how } = await sendRequest(`${url}/graphql`, {
      ...{ agent, address: loopback(firstAddress + index) },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: sendMessage, variables: { input: { roomId: normal.roomId, ...input } } }),
    })
    return how
  }

  async function health(): Promise<string> {
    const options = { address: '127.0.0.1', agent, method: 'GET', body: '' }
    return (await sendRequest(`${url}/healthz`, options)).how
  }

  /** Uploads a file and sends it: what is not used, one may not have much of. */
  async function upload(): Promise<string> {
    const index = uploaded++ % normal.people.length
    const person = normal.people[index]
    const body = 'a small file'
    const input = { name: 'a.txt', mimeType: 'text/plain', bytes: body.length }
    const announced = person ? await announce(url, person, input) : null
    if (!announced) return 'not announced'
    const address = loopback(firstAddress + index)
    const { how } = await sendRequest(`${url}${announced.path}`, { address, method: 'PUT', body })
    return how === 'status 204' ? send(index, { body: '', attachmentIds: [announced.mediaId] }) : how
  }

  const follower = follow(url, normal.people.at(-1)?.token ?? '', normal.roomId)
  const running = [
    ...normal.people.map((_, index) =>
      every(sendEveryMs, () => measure(sendMs, 'send', () => send(index, { body: `hello from ${index}` }))),
    ),
    every(healthEveryMs, () => measure(healthMs, 'healthz', health)),
    every(uploadEveryMs, () => measure(uploadMs, 'upload', upload)),
  ]
  return async () => {
    stop.abort()
    await Promise.all(running)
    agent.destroy()
    const sorted = (list: number[]) => list.toSorted((a, b) => a - b)
    const times = { sendMs: sorted(sendMs), healthMs: sorted(healthMs), uploadMs: sorted(uploadMs) }
    return { ...times, failures, ...follower.stop() }
  }
}

/** Follows the room, and counts what does not come in order. */
function follow(url: string, token: string, roomId: string) {
  let followed = 0
  let disturbances = 0
  let last = 0
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    localAddress: loopback(firstAddress),
    perMessageDeflate: false,
  })
  let stopped = false
  socket.on('error', () => {}) // what fails also closes
  socket.on('close', () => {
    if (!stopped) disturbances += 1
  })
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
  )
  socket.on('message', (data) => {
    // ws gives buffers where nobody asked for something else
    const text = (data as Buffer).toString()
    if (text.includes('connection_ack')) {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: followRoom, variables: { roomId } } }))
    }
    const number = Number(/"number":(\d+)/.exec(text)?.[1] ?? 0)
    if (number === 0) return
    if (last > 0 && number !== last + 1) disturbances += 1
    last = number
    followed += 1
  })
  return {
    stop() {
      stopped = true
      socket.terminate()
      return { followed, disturbances }
    },
  }
}
