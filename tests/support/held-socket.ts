// A socket whose streams are held up: its client reads nothing until it is let go, and what waits for it is bounded.

import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { operationLimits } from '../../src/config/http.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, send } from './client.ts'
import { patienceMs } from './patience.ts'

/** Operations by their ids, with the variables that all of them have. */
export interface HeldOperations {
  readonly operations: ReadonlyMap<string, string>
  readonly variables: object
}

/** The items that one stream has got. */
export interface HeldStream {
  /** The texts of its results. */
  readonly frames: string[]
  isComplete: boolean
}

/** A socket that reads nothing yet. */
export interface HeldSocket {
  readonly streams: ReadonlyMap<string, HeldStream>
  /** Reads on. What came before, but for the word that a stream is live, is forgotten. */
  letGo(): void
  /** Waits until every stream is like that. */
  until(isSo: (stream: HeldStream, name: string) => boolean): Promise<void>
  readonly closed: Promise<number>
}

/** More than the kernel takes for a socket that is not read. */
const flood = { messages: 70, body: '😀'.repeat(4_000) }
const copies = Array.from({ length: 8 }, (_, index) => `b${index}: body`).join(' ')
const floodQuery = `subscription ($roomId: ID!, $after: EventCursor) {
  messageAdded(roomId: $roomId, after: $after) { ${copies} }
}`

/** Makes a room whose events are too many bytes for a socket, for those who are to be held up. */
export async function makeFlood(owner: Client, { bytes }: Pick<KabarServer, 'bytes'>) {
  const roomId = await makeRoom(owner)
  const { cursor: after } = await send(owner, roomId, 'before the flood')
  for (let sent = 0; sent < flood.messages; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, () => send(owner, roomId, flood.body)))
  }
  const joinRoom = 'mutation ($roomId: ID!) { joinRoom(input: { roomId: $roomId }) { room { id } } }'
  return { roomId, after, figures: bytes.figures, letIn: (client: Client) => client.call(joinRoom, { roomId }) }
}

/** The flood of a file's tests. */
export type Flood = Awaited<ReturnType<typeof makeFlood>>

/** Subscribes on one socket, waits until all streams are live, and stops to read while they are flooded. */
export async function holdUp(
  { server, token }: Client,
  { roomId, after, figures }: Flood,
  { operations, variables }: HeldOperations,
): Promise<HeldSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  socket.on('error', () => {}) // what fails also closes
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const [acknowledged, flooded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isFlooded = false
  const streams = new Map([...operations.keys()].map((id) => [id, { frames: [] as string[], isComplete: false }]))
  const say = (message: object) => socket.send(JSON.stringify(message))
  const begin = (id: string, query: string, given: object) =>
    say({ id, type: 'subscribe', payload: { query, variables: given } })
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    if (text.startsWith('{"id":"flood"')) {
      if (!isFlooded) socket.pause()
      isFlooded = true
      flooded.resolve()
      return
    }
    const { type, id } = JSON.parse(text)
    if (type === 'connection_ack') acknowledged.resolve()
    const stream = streams.get(id)
    if (stream && type !== 'complete') stream.frames.push(text)
    if (stream && type === 'complete') stream.isComplete = true
  })
  await new Promise((resolve) => socket.once('open', resolve))
  say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  const until: HeldSocket['until'] = async (isSo) => {
    const waiting = () => [...streams].filter(([name, stream]) => !isSo(stream, name))
    await expect.poll(() => waiting().slice(0, 3), { timeout: patienceMs }).toEqual([])
  }
  await acknowledged.promise
  const names = [...operations.keys()]
  // a bounded number of new documents may wait at once
  for (let from = 0; from < names.length; from += operationLimits.textsWaitingMax) {
    const begun = new Set(names.slice(from, from + operationLimits.textsWaitingMax))
    for (const name of begun) begin(name, operations.get(name) ?? '', variables)
    await until(({ frames }, name) => !begun.has(name) || frames.some(isSynced))
  }
  const paused = () => figures().pausedSockets
  await expect.poll(paused, { timeout: patienceMs }).toBe(0)
  begin('flood', floodQuery, { roomId, after })
  await flooded.promise
  // only then is nothing more written for it
  await expect.poll(paused, { timeout: patienceMs }).toBe(1)
  return {
    streams,
    closed,
    until,
    letGo() {
      for (const stream of streams.values()) stream.frames.length = 0
      socket.resume()
    },
  }
}

/** Tells whether a result says that the stream is live. */
export const isSynced = (frame: string) => frame.includes('"__typename":"Synced"')

/** Tells whether a result is an event that the viewer may know the number of alone. */
export const isNumberAlone = (frame: string) => frame.includes('"__typename":"Hidden"')

/** Signs somebody in who is in the flooded room. */
export async function floodedGuest(server: Client['server'], flooded: Flood): Promise<Client> {
  const client = await guest(server)
  await flooded.letIn(client)
  return client
}
