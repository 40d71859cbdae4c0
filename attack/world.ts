import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../chaos/client.ts'
import { type CreatedRoom, createRoom, joinRoom, type SignedIn, sendMessage, signIn } from '../chaos/operations.ts'
import { type Postgres, startPostgres } from '../chaos/postgres.ts'
import type { Person } from '../chaos/world.ts'
import { migrate } from '../src/database/migrations/migrate.ts'
import type { Stage } from './attacker.ts'
import { findHeaviest } from './heaviest-answer.ts'
import { type AttackedServer, startAttackedServer } from './server-process.ts'

/** A server, those who attack it, and those who only want to chat. */
export interface World {
  readonly postgres: Postgres
  readonly server: AttackedServer
  readonly stage: Stage
  readonly normal: { readonly people: readonly Person[]; readonly roomId: string }
  close(): Promise<void>
}

const attackersMax = 20
const writersMax = 4
/** Each of four bytes, as long as a message may be. */
const longBody = '🦄'.repeat(4_000)
const pageRows = 100
const triesMax = 60

/** Starts PostgreSQL and a server, signs people in, and fills a room with the longest messages. */
export async function openWorld(settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-attack-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    while (closers.length > 0) await closers.pop()?.()
  }
  try {
    const postgres = await startPostgres()
    closers.push(() => postgres.close())
    await migrate({ url: postgres.url() })
    const server = await startAttackedServer(postgres.url(), folder, settings)
    closers.push(() => server.close())
    const enter = async (name: string): Promise<Person> => {
      const { signInAsGuest } = await insist<SignedIn>(server.url, { query: signIn, variables: { name } })
      return { userId: signInAsGuest.viewer.user.id, token: signInAsGuest.accessToken }
    }
    const enterAll = async (what: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => enter(`${what} ${index + 1}`)))
    const people = await enterAll('Attacker', attackersMax)
    const writers = await enterAll('Writer', writersMax)
    const roomId = await makeRoom(server.url, people)
    await fill(server.url, people, roomId)
    const attacked = { url: server.url, people, roomId }
    const stage = { ...attacked, heaviest: await findHeaviest(attacked) }
    const normal = { people: writers, roomId: await makeRoom(server.url, writers) }
    return { postgres, server, stage, normal, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Runs an operation that must succeed, again where it was not refused. */
async function insist<Data>(
  url: string,
  operation: { query: string; variables: Record<string, unknown>; token?: string },
): Promise<Data> {
  for (let tries = 0; ; tries++) {
    const answer = await ask<Data>(url, operation, 10_000)
    if (answer.kind === 'done') return answer.data
    if (answer.kind === 'refused' || tries > triesMax) throw new Error(`${operation.query} failed: ${answer.code}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function makeRoom(url: string, [owner, ...others]: readonly Person[]): Promise<string> {
  if (!owner) throw new Error('a room has an owner')
  const made = await insist<CreatedRoom>(url, { query: createRoom, variables: { name: 'Room' }, token: owner.token })
  const roomId = made.createRoom.room.id
  await Promise.all(others.map(({ token }) => insist(url, { query: joinRoom, variables: { roomId }, token })))
  return roomId
}

/** Fills a page: more people than one, because one may send only so many in some seconds. */
async function fill(url: string, people: readonly Person[], roomId: string): Promise<void> {
  await Promise.all(
    Array.from({ length: pageRows }, (_, index) => {
      const variables = { input: { roomId, body: longBody, nonce: `long ${index}` } }
      return insist(url, { query: sendMessage, variables, token: people[index % people.length]?.token ?? '' })
    }),
  )
}
