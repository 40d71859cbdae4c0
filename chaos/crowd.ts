import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { seedRooms, seedUsers } from '../bench/seed.ts'
import type { Random } from '../tests/simulation/virtual-time.ts'
import type { Violation } from './history.ts'
import type { Companion } from './load.ts'
import { type SentMessage, sendMessage } from './operations.ts'
import type { World } from './world.ts'

/** Commands to a process of a crowd. It answers each with `CrowdAnswer`. */
export type CrowdCommand =
  | {
      readonly kind: 'open'
      readonly urls: readonly string[]
      readonly seats: readonly { readonly token: string; readonly roomId: string }[]
      readonly ms: number
      /** Seed of all random choices. */
      readonly seed: number
    }
  /** Ends all sockets. Each comes back at once. */
  | { readonly kind: 'drop' }
  /** Waits until all are there and have these messages. */
  | { readonly kind: 'wait'; readonly numbers: Readonly<Record<string, number>>; readonly ms: number }

/** Tells whether a command was done in time, and the counts since the beginning. */
export interface CrowdAnswer {
  readonly done: boolean
  readonly counts: CrowdCounts
}

/** Counts of the followers of a crowd. */
export interface CrowdCounts {
  lost: number
  repeated: number
  /** Told to read anew, although all is kept. */
  resyncs: number
  /** Tries to connect that failed. */
  refused: number
}

/** Thousands of followers in a process of their own. */
export interface Crowd extends Companion {
  /** Sends a message to each of its rooms. */
  send(): Promise<void>
  /** Ends all its sockets at once, and all come back at once. */
  drop(): Promise<void>
}

const roomCount = 10
const openMsMax = 120_000

/** Opens a crowd: resolves when all its sockets are live. */
export async function openCrowd(world: World, random: Random, size: number): Promise<Crowd> {
  const databaseUrl = world.postgres.url()
  const users = await seedUsers(databaseUrl, size)
  const rooms = await seedRooms(databaseUrl, roomCount, (room) =>
    users.filter((_, index) => index % roomCount === room),
  )
  const seats = users.map(({ token }, index) => ({ token, roomId: rooms[index % roomCount]?.id ?? '' }))
  const owners = seats.slice(0, roomCount)
  const child = fork(join(import.meta.dirname, 'crowd-process.ts'))
  let counts: CrowdCounts = { lost: 0, repeated: 0, resyncs: 0, refused: 0 }
  let sent = 0

  async function tell(command: CrowdCommand): Promise<boolean> {
    child.send(command)
    // its only messages are answers, in order
    const [answer] = (await once(child, 'message')) as [CrowdAnswer]
    counts = answer.counts
    return answer.done
  }

  async function send(): Promise<Record<string, number>> {
    sent += 1
    const numbers = owners.map(async ({ token, roomId }) => {
      const input = { roomId, body: `crowd ${sent}`, nonce: `crowd-${sent}` }
      const answer = await world.insist<SentMessage>({ query: sendMessage, variables: { input }, token })
      return [roomId, answer.sendMessage.message.number] as const
    })
    return Object.fromEntries(await Promise.all(numbers))
  }

  async function close(): Promise<void> {
    if (child.exitCode !== null || !child.connected) return
    const ended = once(child, 'exit')
    child.disconnect()
    await ended
  }

  const urls = world.servers.map(({ directUrl }) => directUrl)
  if (!(await tell({ kind: 'open', urls, seats, ms: openMsMax, seed: random.below(2 ** 32) }))) {
    await close()
    throw new Error(`a crowd of ${size} did not come in (${JSON.stringify(counts)})`)
  }
  return {
    async send() {
      await send()
    },
    async drop() {
      await tell({ kind: 'drop' })
    },
    mark: async (ms) => tell({ kind: 'wait', numbers: await send(), ms }),
    violations: () => violationsOf(counts),
    close,
  }
}

function violationsOf({ lost, repeated, resyncs }: CrowdCounts): Violation[] {
  const violations: Violation[] = [
    { kind: 'lost', what: `${lost} messages to a crowd` },
    { kind: 'repeated', what: `${repeated} messages to a crowd` },
    { kind: 'different', what: `${resyncs} of a crowd had to read anew` },
  ]
  return violations.filter((_, index) => [lost, repeated, resyncs][index])
}
