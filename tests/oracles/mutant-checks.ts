// Short checks, each in a process of its own, which a mutant must not pass: `mutant-checks.ts <databaseUrl> <check> …`.
// They end with 0 when all is well, and with 3 when a promise is broken, which is then printed.

import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import pg from 'pg'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { ask } from '../../chaos/client.ts'
import {
  addMembers,
  type CreatedRoom,
  createRoom,
  editMessage,
  followRoom,
  type ReadRoom,
  readRoom,
  removeMember,
  type SignedIn,
  sendMessage,
  signIn,
} from '../../chaos/operations.ts'
import { usePostgres } from '../../chaos/postgres.ts'
import { openProxy } from '../../chaos/proxy.ts'
import type { Person } from '../../chaos/world.ts'
import { readConfig } from '../../src/config/config.ts'
import { splitId } from '../../src/input/ids.ts'
import { startServer } from '../../src/server.ts'
import { playSchedule } from '../simulation/simulation.ts'
import { findBreaks, rememberRoom } from '../support/feeds.ts'
import { attackChecks } from './mutant-attacks.ts'
import {
  answerMs,
  Broken,
  events,
  firstOf,
  must,
  observing,
  patienceMs,
  type Stage,
  seen,
  send,
  until,
  untilLocked,
} from './mutant-stage.ts'

const [databaseUrl = '', ...names] = process.argv.slice(2)
/** Some mutants show in one schedule of hundreds; the first that shows one ends the check. */
const schedules = process.env.MUTANT ? 5_000 : 300
const unreadBytesMax = 262_144
const feed = {
  ...{ sweepMs: 600_000, sessionSweepMs: 600_000, reconnectMinMs: 20 },
  ...{ statementTimeoutMs: answerMs, batchTimeoutMs: answerMs },
  // a connection that is taken for dead because the machine is slow is a catch-up that hides what other checks look for
  ...(names.includes('unread') ? { socketBufferBytesMax: unreadBytesMax, stallMs: 2_000 } : {}),
  ...(names.includes('heartbeat') ? { echoMs: 500, echoTimeoutMs: 2_000 } : { echoTimeoutMs: answerMs }),
}

const checks: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  /** Many events of one statement, whose ids are in the other direction. */
  async order({ one, owner, guests, roomId }) {
    await observing({ one, owner, roomId }, async (observer) => {
      const userIds = guests.map(({ userId }) => userId).toSorted()
      await must(one, owner, addMembers, { roomId, userIds: userIds.reverse() })
      await seen(observer, guests.length)
    })
  },
  /** A write is heard without a sweep, also when its COMMIT takes long. */
  async rings({ one, owner, roomId }) {
    const { id: messageId } = await send(one, owner, roomId, 'first')
    const { query } = usePostgres(databaseUrl)
    await query(`create function sleep_a_while() returns trigger language plpgsql as
      $$ begin perform pg_sleep(2); return null; end $$`)
    await query(`create constraint trigger slow_commit after insert on events
      deferrable initially deferred for each row execute function sleep_a_while()`)
    try {
      await observing({ one, owner, roomId }, async (observer) => {
        await must(one, owner, editMessage, { messageId, body: 'edited' })
        await seen(observer, 1)
      })
    } finally {
      await query('drop function sleep_a_while cascade')
    }
  },
  async heartbeat({ one, two, proxy, owner, roomId }) {
    await observing({ one: two, owner, roomId }, async (observer) => {
      for (const connection of proxy.connections()) if (connection.name === 'kabar listen') connection.swallow()
      await send(one, owner, roomId, 'while nobody listens')
      await seen(observer, 1)
    })
  },
  /** A reader that takes nothing is told no more than its bound, and ended. */
  async unread({ one, figures }) {
    const socket = new WebSocket(`${one.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    socket.on('error', () => {}) // what fails also closes
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init' }))
    await once(socket, 'message')
    socket.pause()
    // each is answered by a pong of its length: in all some times what the kernel holds
    const ping = JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(1_000) } })
    for (let count = 0; count < 24_000; count++) socket.send(ping)
    let most = 0
    await until('was ended', () => {
      most = Math.max(most, figures().unsentBytes)
      return figures().drops.stalled > 0
    })
    socket.terminate()
    if (most > 8 * unreadBytesMax) throw new Broken(`${most} bytes waited for one reader`)
  },
  async nonce({ one, two, owner, roomId }) {
    const first = await send(one, owner, roomId, 'once', 'nonce')
    const second = await send(two, owner, roomId, 'once', 'nonce')
    if (first.id !== second.id) throw new Broken('the same nonce gave two messages')
  },
  /** A client that has seen an edit that was lost is told so, although an equal one came after it. */
  async lostEdit({ one, owner, roomId }) {
    const { id: messageId } = await send(one, owner, roomId, 'original')
    const client = new pg.Client(databaseUrl)
    await client.connect()
    try {
      const putBack = await rememberRoom(client, roomId)
      await must(one, owner, editMessage, { messageId, body: 'lost' })
      const { room } = await must<ReadRoom>(one, owner, readRoom, { roomId })
      await putBack()
      await must(one, owner, editMessage, { messageId, body: 'new' })
      const first = await firstOf(one, owner, { roomId, after: room?.eventCursor })
      if (!first.includes('ResyncRequired')) throw new Broken(`who had seen a lost edit got ${first}`)
    } finally {
      await client.end()
    }
  },
  /** The events of a room follow each other, also those of one transaction. */
  async chains({ one, owner, guests, roomId }) {
    await must(one, owner, addMembers, { roomId, userIds: guests.map(({ userId }) => userId) })
    const client = new pg.Client(databaseUrl)
    await client.connect()
    try {
      const breaks = await findBreaks(client)
      if (breaks.length > 0) throw new Broken(`the events break: ${breaks.join()}`)
    } finally {
      await client.end()
    }
  },
  /** A send that meets a removal is judged after it. */
  async judging({ one, owner, guests: [guest], roomId }) {
    if (!guest) return
    await must(one, owner, addMembers, { roomId, userIds: [guest.userId] })
    const [room, user] = [splitId(roomId)?.uuid, splitId(guest.userId)?.uuid]
    const client = new pg.Client(databaseUrl)
    client.on('error', () => {})
    await client.connect()
    await client.query('begin')
    await client.query('select from topics where id = $1 for no key update', [room])
    await client.query('delete from members where room_id = $1 and user_id = $2', [room, user])
    const operation = { query: sendMessage, variables: { input: { roomId, body: 'too late' } }, token: guest.token }
    const sent = ask(one, operation, answerMs)
    await untilLocked(databaseUrl)
    await client.query('commit')
    await client.end()
    if ((await sent).kind === 'done') throw new Broken('a member who was removed could send')
  },
  /** A user who is removed during a page of their catch-up is not shown anything written after that. */
  async showing({ one, owner, guests: [guest], roomId }) {
    if (!guest) return
    await must(one, owner, addMembers, { roomId, userIds: [guest.userId] })
    const { cursor: after } = await send(one, owner, roomId, 'before')
    await send(one, owner, roomId, 'to be edited')
    const holder = new pg.Client(databaseUrl)
    holder.on('error', () => {})
    await holder.connect()
    await holder.query('begin')
    await holder.query('lock table messages')
    const client = createClient({
      ...{ url: `${one.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 },
      connectionParams: { authorization: `Bearer ${guest.token}` },
    })
    let got = ''
    const ended = Promise.withResolvers<void>()
    client.subscribe(
      { query: followRoom, variables: { roomId, after } },
      { next: (result) => (got += JSON.stringify(result)), error: ended.reject, complete: ended.resolve },
    )
    await untilLocked(databaseUrl)
    await must(one, owner, removeMember, { roomId, userId: guest.userId })
    await holder.query(`update messages set body = 'edited afterwards' where room_id = $1`, [splitId(roomId)?.uuid])
    await holder.query('commit')
    await holder.end()
    await ended.promise
    await client.dispose()
    if (got.includes('edited afterwards')) throw new Broken(`a member who was removed was shown ${got}`)
  },
  async removal({ one, owner, guests: [guest], roomId }) {
    if (!guest) return
    await must(one, owner, addMembers, { roomId, userIds: [guest.userId] })
    await observing({ one, owner, roomId }, (fence) =>
      observing({ one, owner: guest, roomId }, async (observer) => {
        await must(one, owner, removeMember, { roomId, userId: guest.userId })
        await send(one, owner, roomId, 'not for the guest')
        await seen(fence, 2)
        await seen(observer, 1)
        // a frame of the same tick comes about when the fence does
        await wait(process.env.MUTANT ? patienceMs : 200)
        const got = events(observer)
        if (got.length !== 1 || got[0]?.type !== 'MemberLeft')
          throw new Broken(`got ${got.map(({ type }) => type).join()} while leaving`)
      }),
    )
  },
}

try {
  if (names.includes('schedules')) await playSchedules()
  const others = names.filter((name) => name !== 'schedules')
  if (others.length > 0) await playOn(databaseUrl, others)
  process.exit(0)
} catch (error) {
  process.stdout.write(`${error instanceof Broken ? error.message : (error as Error).stack}\n`)
  process.exit(error instanceof Broken ? 3 : 1)
}

async function playSchedules(): Promise<void> {
  for (let seed = 1; seed <= schedules; seed++) {
    const fault = await playSchedule(seed)
    if (fault) throw new Broken(`schedule ${seed}: ${fault.what}`)
  }
}

async function playOn(url: string, wanted: readonly string[]): Promise<void> {
  const proxy = await openProxy(Number(new URL(url).port))
  const proxied = new URL(url)
  proxied.port = String(proxy.port)
  const start = async (DATABASE_URL: string) => {
    const config = readConfig({
      DATABASE_URL,
      PORT: '0',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'test',
      RATE_LIMITS: 'false',
      SYSTEM_MESSAGES: 'false',
      SENDS_PER_10_SECONDS: '0',
    })
    // an upload that is too slow is found soon
    const media = { ...config.media, uploadWindowMs: 1_000 }
    return startServer({ ...config, media, feed: { ...config.feed, ...feed } }, { log: pino({ level: 'silent' }) })
  }
  const [one, two] = await Promise.all([start(url), start(proxied.href)])
  const enter = async (name: string): Promise<Person> => {
    const { signInAsGuest } = await must<SignedIn>(one.url, null, signIn, { name })
    return { userId: signInAsGuest.viewer.user.id, token: signInAsGuest.accessToken }
  }
  const owner = await enter('Owner')
  const guests = await Promise.all(['Ada', 'Bob', 'Cy', 'Dan'].map(enter))
  for (const name of wanted) {
    const made = await must<CreatedRoom>(one.url, owner, createRoom, { name })
    const check = checks[name] ?? attackOf(name)
    await check({
      one: one.url,
      two: two.url,
      figures: one.bytes.figures,
      proxy,
      owner,
      guests,
      roomId: made.createRoom.room.id,
    })
  }
}

function attackOf(name: string): (stage: Stage) => Promise<void> {
  const attack = attackChecks[name]
  if (!attack) throw new Error(`there is no check "${name}"`)
  return async (stage) => {
    const broken = await attack(stage)
    if (broken !== null) throw new Broken(broken)
  }
}
