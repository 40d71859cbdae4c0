// Tells again what a real server has told of a room, in virtual time and with faults. See replay.ts.

import { expect } from 'vitest'
import type { Random, VirtualClock } from '../../../tests/simulation/virtual-time.ts'
import {
  roomAroundQuery,
  roomHeadQuery,
  roomMembersQuery,
  roomSnapshotQuery,
  roomTailQuery,
} from '../../src/operations/room.ts'
import type { Ask } from '../../src/sync/parts.ts'
import { unreachable } from '../../src/transport/answers.ts'
import type { StreamSink } from '../../src/transport/source.ts'
import type { Recording, Snapshot } from './recording.ts'

const pageSize = 8
const lost = () => unreachable('the network')

/** A stream that a client follows. */
interface Stream {
  readonly sink: StreamSink
  /** The number of events that it has been given. */
  at: number
  isSynced: boolean
  isBusy: boolean
}

/** Makes a server that tells what another one has told, up to a place that moves on, and back with its database. */
export function createReplayServer({ frames }: Recording, { clock, random }: { clock: VirtualClock; random: Random }) {
  const events = frames.flatMap((frame) => frame.events)
  const ends: number[] = []
  for (const frame of frames) ends.push((ends.at(-1) ?? 0) + frame.events.length)
  /** For each time that the database was put back: how many events were kept. */
  const cuts: number[] = []
  const streams = new Set<Stream>()
  let place = 0
  let isHeld = false
  let isCalm = false
  const head = () => ends[place] ?? 0
  const cursorOf = (at: number) => `${cuts.length}.${at}`
  const snapshot = (): Snapshot => frames[place]?.snapshot ?? expect.fail('a frame')

  function push(stream: Stream): void {
    if (stream.isBusy || isHeld || !streams.has(stream)) return
    const isNext = stream.at < head()
    if (!isNext && stream.isSynced) return
    stream.isBusy = true
    clock.after(random.below(20), () => {
      stream.isBusy = false
      if (isHeld || !streams.has(stream)) return
      const event = stream.at < head() ? events[stream.at] : undefined
      if (event) stream.at += 1
      else stream.isSynced = true
      const cursor = cursorOf(stream.at)
      stream.sink.next({
        data: { roomEvents: event ? { ...event, cursor } : { __typename: 'Synced', cursor, at: '' } },
      })
      push(stream)
    })
  }

  function moveTo(next: number): void {
    place = Math.min(frames.length - 1, next)
    for (const stream of streams) push(stream)
  }

  function cut(): void {
    for (const { sink } of [...streams]) sink.error([])
    streams.clear()
  }

  function answer(operation: unknown, variables: Record<string, unknown>): unknown {
    const { eventCursor: _, messages: page, members, ...room } = snapshot()
    const { nodes } = page
    const byId = (ids: unknown) => (ids as string[]).map((id) => nodes.find((node) => node.id === id) ?? null)
    const newest = { nodes: nodes.slice(-Math.min(pageSize, Number(variables.last))) }
    if (operation === roomSnapshotQuery) {
      return { room: { ...room, members, messages: newest, eventCursor: cursorOf(head()) } }
    }
    if (operation === roomAroundQuery) {
      const from = Number(variables.around) - Math.floor(Number(variables.first) / 2)
      const near = nodes.filter(({ number }) => from <= number && number < from + Number(variables.first))
      return { room: { messages: { nodes: near } } }
    }
    if (operation === roomHeadQuery) return { room, nodes: byId(variables.ids) }
    if (operation === roomTailQuery) {
      return { room: { messageCount: room.messageCount, messages: newest }, nodes: byId(variables.ids) }
    }
    if (operation === roomMembersQuery) return { room: { members } }
    return expect.fail(`no answer to ${String(operation)}`)
  }

  /** Sends a request: it or its answer may be lost, and takes its time. */
  async function through<T>(make: () => T): Promise<T> {
    if (isCalm) return make()
    await clock.pass(random.below(40))
    if (random.chance(0.15)) throw lost()
    const made = structuredClone(make())
    await clock.pass(random.below(40))
    if (random.chance(0.1)) throw lost()
    return made
  }

  return {
    frames,
    ask: ((operation, variables) => through(() => answer(operation, variables as never))) as Ask,
    source: {
      subscribe({ variables }: { variables: Record<string, unknown> }, sink: StreamSink) {
        const [epoch = 0, at = 0] = String(variables.after).split('.').map(Number)
        const isKnown = cuts.slice(epoch).every((kept) => at <= kept)
        // one that cannot go on is told nothing but that, and ends
        const stream: Stream = { sink, at, isSynced: false, isBusy: !isKnown }
        streams.add(stream)
        if (isKnown) push(stream)
        else {
          const event = { __typename: 'ResyncRequired', cursor: null, reason: 'CURSOR_UNKNOWN' }
          clock.after(random.below(20), () => {
            if (!streams.delete(stream)) return
            sink.next({ data: { roomEvents: event } })
            sink.complete()
          })
        }
        return () => void streams.delete(stream)
      },
      hurry() {},
      close() {},
    },
    cut,
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      for (const stream of streams) push(stream)
    },
    get place() {
      return place
    },
    moveTo,
    /** Puts the database back by some changes. */
    rewind(by: number) {
      place = Math.max(0, place - by)
      cuts.push(head())
      cut()
    },
    /** Stores the message of a nonce, or finds it. */
    store: (nonce: string) =>
      through(() => {
        const at = frames.findIndex(({ own }) => own === nonce)
        if (at > place) moveTo(at)
        return snapshot().messages.nodes.find((node) => node.nonce === nonce) ?? expect.fail(nonce)
      }),
    calm() {
      isCalm = true
    },
  }
}

/** The server of one sequence. */
export type ReplayServer = ReturnType<typeof createReplayServer>
