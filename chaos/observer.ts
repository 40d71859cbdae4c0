import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Random } from '../tests/simulation/virtual-time.ts'
import { ask } from './client.ts'
import type { Entry, Observation } from './history.ts'
import { isNumbered } from './observation-checker.ts'
import { entryOf, type FollowedEvent, followRoom, type ReadRoom, readRoom, snapshotOf } from './operations.ts'

/** The room, the user and the servers of an observer. */
export interface ObserverOptions {
  readonly name: string
  readonly roomId: string
  readonly userId: string
  readonly token: string
  readonly urls: readonly string[]
  readonly random: Random
}

/** A client that follows one room for ever, as a good client does. */
export interface Observer extends Observation {
  /** How far it has seen; null while it has no place. */
  seq(): number | null
  /** Tells whether it was told last that its user is not a member. */
  isOutside(): boolean
  /** Stops to read its socket. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** A socket that is silent for so long is given up. */
const silenceMs = 3_000
const pingMs = 500
const retryMinMs = 50
const retryMaxMs = 1_000

/** A message of the server (graphql-transport-ws). */
interface Frame {
  readonly type: string
  readonly payload?:
    | { readonly data?: { readonly roomEvents: FollowedEvent } | null; readonly errors?: readonly Refusal[] }
    | readonly Refusal[]
}

interface Refusal {
  readonly extensions?: { readonly code?: string }
}

/**
 * Starts an observer.
 *
 * It reads the room, follows it from there, comes back with its last cursor to any server after any loss, and reads anew
 * only when told to.
 */
export function startObserver(options: ObserverOptions): Observer {
  const { name, roomId, userId, token, urls, random } = options
  const entries: Entry[] = []
  const stop = new AbortController()
  let cursor: string | null = null
  let seq: number | null = null
  let outside = false
  let paused = false
  let socket: WebSocket | null = null
  let retryMs = retryMinMs

  const pause = (ms: number) => wait(ms, undefined, { signal: stop.signal }).catch(() => {})

  async function observe(): Promise<void> {
    while (!stop.signal.aborted) {
      if (cursor === null && !(await read())) await pause(100 + random.below(300))
      else {
        await follow(random.pick(urls))
        await pause(retryMs * (0.5 + random.below(100) / 100))
        retryMs = Math.min(retryMs * 2, retryMaxMs)
      }
    }
  }

  async function read(): Promise<boolean> {
    const answer = await ask<ReadRoom>(random.pick(urls), { query: readRoom, variables: { roomId }, token })
    if (stop.signal.aborted || answer.kind === 'unknown') return false
    if (answer.kind === 'refused' || !answer.data.room) {
      leave()
      return false
    }
    const snapshot = snapshotOf(answer.data.room)
    entries.push(snapshot)
    cursor = answer.data.room.eventCursor
    seq = snapshot.seq
    outside = false
    return true
  }

  function leave(): void {
    if (!outside) entries.push({ kind: 'refused' })
    outside = true
    cursor = null
    seq = null
  }

  /** Follows on one socket until it is gone. */
  function follow(url: string): Promise<void> {
    const current = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
      handshakeTimeout: silenceMs,
    })
    socket = current
    const say = (frame: unknown) => current.send(JSON.stringify(frame))
    let heardAt = performance.now()
    const hear = () => {
      heardAt = performance.now()
    }
    const ping = setInterval(() => {
      if (paused) hear()
      else if (performance.now() - heardAt > silenceMs) current.terminate()
      else if (current.readyState === WebSocket.OPEN) current.ping()
    }, pingMs)
    const onStop = () => current.terminate()
    stop.signal.addEventListener('abort', onStop)
    current.on('error', () => {}) // what fails also closes
    current.on('pong', hear)
    current.on('open', () => say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    current.on('message', (data) => {
      hear()
      // ws gives buffers where nobody asked for something else
      const frame = JSON.parse((data as Buffer).toString()) as Frame
      if (frame.type === 'connection_ack') {
        say({ id: 'room', type: 'subscribe', payload: { query: followRoom, variables: { roomId, after: cursor } } })
      } else if (frame.type === 'next' || frame.type === 'error') take(frame)
      if (frame.type === 'error' || frame.type === 'complete') current.close(1000)
    })
    return new Promise((resolve) => {
      current.once('close', () => {
        clearInterval(ping)
        stop.signal.removeEventListener('abort', onStop)
        socket = null
        resolve()
      })
    })
  }

  function take({ payload }: Frame): void {
    const result = payload && 'length' in payload ? { errors: payload } : payload
    const event = result?.data?.roomEvents
    if (!event) takeError(result?.errors?.[0]?.extensions?.code)
    else if (event.__typename === 'ResyncRequired') resync()
    else takeEvent(event)
  }

  function takeEvent(event: FollowedEvent): void {
    retryMs = retryMinMs
    const entry = entryOf(event)
    entries.push(entry)
    if (!isNumbered(entry)) return
    const isOver = entry.type === 'MemberLeft' && entry.member?.userId === userId
    cursor = isOver ? null : event.cursor
    seq = isOver ? null : entry.seq
  }

  function takeError(code: string | undefined): void {
    if (code === 'RESYNC_REQUIRED') resync()
    else if (code === 'NOT_FOUND' || code === 'FORBIDDEN') leave()
  }

  function resync(): void {
    entries.push({ kind: 'resync' })
    cursor = null
    seq = null
  }

  const running = observe()
  return {
    ...{ name, roomId, userId, entries },
    seq: () => seq,
    isOutside: () => outside,
    pause() {
      paused = true
      socket?.pause()
    },
    resume() {
      paused = false
      socket?.resume()
    },
    async stop() {
      stop.abort()
      await running
    },
  }
}
