// A process of its own that holds thousands of sockets, each of which follows a room and counts what is missing.

import { setTimeout as wait } from 'node:timers/promises'
import { connectGraphQL, operation } from '../bench/load/dialects.ts'
import type { RawSocket } from '../bench/load/socket.ts'
import type { Random } from '../tests/simulation/virtual-time.ts'
import type { CrowdAnswer, CrowdCommand, CrowdCounts } from './crowd.ts'
import { randomOf } from './random.ts'

interface Follower {
  readonly token: string
  readonly roomId: string
  readonly random: Random
  cursor: string | null
  /** Of the last message that came. */
  number: number
  socket: RawSocket | null
}

const pollMs = 20
const connectMsMax = 10_000
const query = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { __typename cursor ... on MessageSent { message { number } } }
}`
const counts: CrowdCounts = { lost: 0, repeated: 0, resyncs: 0, refused: 0 }
const followers: Follower[] = []
let urls: readonly string[] = []

async function follow(follower: Follower): Promise<never> {
  const { random } = follower
  for (;;) {
    const url = random.pick(urls)
    try {
      const socket = await open(url, follower)
      await new Promise<void>((resolve) => {
        socket.onClosed = resolve
      })
    } catch {
      counts.refused += 1
      await wait(100 + random.below(900))
    }
    follower.socket = null
  }
}

async function open(url: string, follower: Follower): Promise<RawSocket> {
  const { token, roomId, cursor: after } = follower
  const timer = new AbortController()
  const late = wait(connectMsMax, undefined, { signal: timer.signal }).then(() => {
    throw new Error('the server did not let a socket in')
  })
  late.catch(() => {})
  try {
    const socket = await Promise.race([connectGraphQL({ url, token }), late])
    socket.onText = (payload) => take(String(payload), follower, socket)
    socket.send(operation('1', query, { roomId, after }))
    return socket
  } finally {
    timer.abort()
  }
}

function take(text: string, follower: Follower, socket: RawSocket): void {
  const [, type, cursor] = /"__typename":"(\w+)","cursor":"([^"]+)"/.exec(text) ?? []
  if (type === 'ResyncRequired') counts.resyncs += 1
  if (!type || type === 'ResyncRequired') {
    socket.end()
    return
  }
  follower.cursor = cursor ?? null
  if (type === 'Synced') follower.socket = socket
  if (type === 'MessageSent') count(follower, Number(/"number":(\d+)/.exec(text)?.[1]))
}

function count(follower: Follower, number: number): void {
  if (number <= follower.number) counts.repeated += 1
  else counts.lost += number - follower.number - 1
  follower.number = Math.max(number, follower.number)
}

async function until(isDone: (follower: Follower) => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; !followers.every(isDone); await wait(pollMs)) {
    if (performance.now() > end) return false
  }
  return true
}

async function run(command: CrowdCommand): Promise<boolean> {
  switch (command.kind) {
    case 'open':
      urls = command.urls
      for (const seat of command.seats) {
        const random = randomOf(command.seed, `follower ${followers.length + 1}`)
        const follower = { ...seat, random, cursor: null, number: 0, socket: null }
        followers.push(follower)
        void follow(follower)
        // opened one after the other: all at once is for later
        if (followers.length % 50 === 0) await until(({ socket }) => socket !== null, command.ms)
      }
      return until(({ socket }) => socket !== null, command.ms)
    case 'drop':
      for (const { socket } of followers) socket?.end()
      return true
    case 'wait':
      return until(
        ({ socket, roomId, number }) => socket !== null && number >= (command.numbers[roomId] ?? 0),
        command.ms,
      )
  }
}

process.on('disconnect', () => process.exit())
process.on('message', (command: CrowdCommand) => {
  void run(command).then((done) => process.send?.({ done, counts } satisfies CrowdAnswer))
})
