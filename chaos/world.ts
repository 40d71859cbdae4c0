import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { migrate } from '../src/database/migrations/migrate.ts'
import { type Standby, startStandby } from '../tests/support/standby.ts'
import { type BusKind, type BusProcess, createBus } from './bus.ts'
import { ask, type Operation } from './client.ts'
import { type SignedIn, signIn } from './operations.ts'
import { startPooler } from './pooler.ts'
import { type Postgres, startPostgres, usePostgres } from './postgres.ts'
import { createServerProcess, type ServerProcess } from './server-process.ts'

/** A user of the load. */
export interface Person {
  readonly userId: string
  readonly token: string
}

/** The servers, their database, and the people who use them. */
export interface World {
  readonly postgres: Postgres
  /** By which the servers hear of each other; null when that is PostgreSQL. */
  readonly bus: BusProcess | null
  /** The standby that servers also read from; null where there is none. */
  readonly replica: Standby | null
  /** A standby that can take the place of the primary; null where there is none. */
  readonly standby: Standby | null
  readonly servers: readonly ServerProcess[]
  readonly writers: readonly Person[]
  readonly readers: readonly Person[]
  /** Runs an operation that must succeed, on whatever server answers, or on one of `urls`. */
  insist<Data>(operation: Operation, urls?: readonly string[]): Promise<Data>
  close(): Promise<void>
}

/**
 * Parts that only some worlds have: a pooler in transaction mode before PostgreSQL, a small disk under it, a bus, a
 * replica or a standby beside it. Commits wait for a synchronous standby.
 *
 * `pooler and bus` has both.
 */
export type Specialty =
  | 'pooler'
  | 'small disk'
  | 'bus'
  | 'pooler and bus'
  | 'replica'
  | 'standby'
  | 'synchronous standby'

/** How large a world is. */
export interface WorldSize {
  readonly servers: number
  readonly writers: number
  readonly readers: number
  /** A migrated database to use; null for a PostgreSQL of our own. */
  readonly databaseUrl: string | null
  readonly specialty?: Specialty
  /** The kind of bus, where there is one. */
  readonly busKind?: BusKind
}

const insistMsMax = 60_000
const withCopy: ReadonlySet<Specialty> = new Set(['replica', 'standby', 'synchronous standby'])

/** Starts a world: PostgreSQL, servers behind proxies, people. */
export async function openWorld(size: WorldSize): Promise<World> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    while (closers.length > 0) await closers.pop()?.()
  }
  try {
    const { databaseUrl, specialty } = size
    const postgres = databaseUrl === null ? await startPostgres(specialty === 'small disk') : usePostgres(databaseUrl)
    closers.push(() => postgres.close())
    if (databaseUrl === null) await migrate({ url: postgres.url() })
    const names = Array.from({ length: size.servers }, (_, index) => `server ${index + 1}`)
    const pooler = specialty?.includes('pooler') ? await startPooler(postgres.url()) : null
    if (pooler) closers.push(() => pooler.close())
    const bus = specialty?.includes('bus') ? await createBus(size.busKind ?? 'nats') : null
    if (bus) closers.push(() => bus.close())
    await bus?.start()
    const copy = specialty && withCopy.has(specialty) ? await startCopy(postgres) : null
    if (copy) closers.push(() => copy.close())
    const [replica, standby] = specialty === 'replica' ? [copy, null] : [null, copy]
    if (specialty === 'synchronous standby') {
      await postgres.query("alter system set synchronous_standby_names = '*'")
      await postgres.query('select pg_reload_conf()')
    }
    const settings = {
      ...(pooler && { PREPARED_STATEMENTS: 'false' }),
      ...(bus && { DOORBELL_URL: bus.url }),
      ...(replica && { DATABASE_REPLICA_URL: replica.url }),
    }
    const make = (name: string) => createServerProcess(name, { databaseUrl: pooler?.url ?? postgres.url(), settings })
    const servers = await Promise.all(names.map(make))
    closers.push(() => Promise.all(servers.map((server) => server.close())))
    await Promise.all(servers.map((server) => server.start()))
    const insist = createInsist(servers)
    return { postgres, bus, replica, standby, servers, ...(await signInPeople(insist, size)), insist, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Signs in the people of a world. */
export async function signInPeople(
  insist: World['insist'],
  { writers, readers }: Pick<WorldSize, 'writers' | 'readers'>,
): Promise<Pick<World, 'writers' | 'readers'>> {
  const enter = async (name: string): Promise<Person> => {
    const { signInAsGuest } = await insist<SignedIn>({ query: signIn, variables: { name } })
    return { userId: signInAsGuest.viewer.user.id, token: signInAsGuest.accessToken }
  }
  const enterAll = (what: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => enter(`${what} ${index + 1}`)))
  return { writers: await enterAll('Writer', writers), readers: await enterAll('Reader', readers) }
}

async function startCopy({ url, process: own }: Postgres): Promise<Standby> {
  if (!own) throw new Error('the PostgreSQL is not ours, and cannot be copied')
  return startStandby({
    primaryUrl: url(),
    primaryFolder: join(own.folder, 'postgres'),
    folder: join(own.folder, 'standby'),
  })
}

/** Creates the `insist` of a world. */
export function createInsist(servers: readonly ServerProcess[]): World['insist'] {
  const all = servers.map((server) => server.url)
  return async <Data>(operation: Operation, urls: readonly string[] = all) => {
    for (let tries = 0, end = Date.now() + insistMsMax; ; tries++) {
      const url = urls[tries % urls.length] ?? ''
      const answer = await ask<Data>(url, operation)
      if (answer.kind === 'done') return answer.data
      if (answer.kind === 'refused' || Date.now() > end) throw new Error(`${operation.query} failed: ${answer.code}`)
      await wait(200)
    }
  }
}
