// The read-only checks of the database by `doctor`.

import pg from 'pg'
import type { Config } from '../config/config.ts'
import { databaseLimits, type ReplicaConfig } from '../config/database.ts'
import { doctorLimits } from '../config/doctor.ts'
import { nameDoorbell } from '../config/doorbell.ts'
import { notifierConnections, sendConnectionsMax } from '../config/feed.ts'
import { readDurability } from '../database/durability.ts'
import { compareMigrations, serverVersionMin } from '../database/migrations/migrate.ts'
import { sqlOf } from '../database/sql.ts'
import { chooseTransport } from '../feed/notify/choose-transport.ts'
import { hearsItself } from '../feed/notify/hears-itself.ts'
import { sampleTopics, verifyFeeds } from '../feed/verify.ts'
import { judgeClock, judgeMigrations, judgeQueue } from '../health/checks.ts'
import { bad, check, type Finding, good } from '../health/findings.ts'
import { checkReplica } from './replica-checks.ts'
import { checkStandbys, judgeWrites, readWrites } from './replication-checks.ts'

/** The database to check, and how a server would use it. */
export interface Examined {
  readonly url: string
  readonly config: Pick<Config, 'databasePoolSize' | 'doorbell' | 'replica'>
  /** The planned number of servers; null for the number that run now. */
  readonly servers: number | null
}

/** Runs all checks of the database. When it is unreachable, that is the only finding. */
export async function checkDatabase(examined: Examined): Promise<Finding[]> {
  const client = newClient(examined.url)
  const reach = await check(
    'database',
    () => reachDatabase(client),
    'Check DATABASE_URL, and that PostgreSQL is running.',
  )
  const findings = [reach]
  if (reach.isGood) {
    const ask = (name: string, look: (client: pg.Client) => Promise<Finding>) =>
      check(name, () => look(client), 'Grant the user of DATABASE_URL the permission to read this, and try again.')
    const writes = await readWrites(client)
    findings.push(judgeWrites(writes))
    const migrations = await check('migrations', () => checkMigrations(examined.url), '')
    findings.push(migrations)
    findings.push(...(await checkSettings(client)))
    findings.push(await ask('pg_trgm', checkTrigrams))
    // a standby lists no standbys, and does not accept LISTEN
    if (!writes.isStandby) findings.push(await ask('standbys', checkStandbys))
    if (!writes.isStandby && examined.config.replica)
      findings.push(await lookAtReplica(client, examined.config.replica))
    if (!writes.isStandby || examined.config.doorbell.kind !== 'postgres') {
      findings.push(await ask('notifications', () => checkNotifications(examined)))
    }
    findings.push(await ask('notification queue', checkQueue))
    findings.push(await ask('connections', () => checkConnections(client, examined)))
    findings.push(await ask('clock', checkClock))
    if (migrations.isGood) findings.push(await ask('signing key', checkKey))
    // before the first start there are no tables
    if (migrations.isGood && (await hasEvents(client))) findings.push(await ask('events', checkEvents))
  }
  await client.end().catch(() => {})
  return findings
}

function lookAtReplica(primary: pg.Client, { url }: ReplicaConfig): Promise<Finding> {
  const replica = newClient(url)
  const look = async () => {
    try {
      await replica.connect()
      return await checkReplica(primary, replica)
    } finally {
      await replica.end().catch(() => {})
    }
  }
  return check(
    'replica',
    look,
    'Check DATABASE_REPLICA_URL, and that the standby is running. Until then the primary answers.',
  )
}

function newClient(url: string): pg.Client {
  const client = new pg.Client({
    ...{ connectionString: url, application_name: 'kabar doctor' },
    ...{ connectionTimeoutMillis: doctorLimits.connectMs, query_timeout: doctorLimits.connectMs },
  })
  // a broken connection also fails the pending query
  client.on('error', () => {})
  return client
}

async function reachDatabase(client: pg.Client): Promise<Finding> {
  await client.connect()
  const { rows } = await client.query<{ number: number; name: string }>(
    `/* reachDatabase */ select current_setting('server_version_num')::int as number,
       current_setting('server_version') as name`,
  )
  const { number = 0, name = '' } = rows[0] ?? {}
  return judgeVersion(number, name)
}

/** Checks the version of PostgreSQL: its number, such as `150004`, and its name. */
export function judgeVersion(number: number, name: string): Finding {
  if (number >= serverVersionMin * 10_000) return good('database', `PostgreSQL ${name}`)
  return bad('database', `PostgreSQL ${name} is too old`, `Upgrade it to PostgreSQL ${serverVersionMin} or newer.`)
}

async function checkMigrations(url: string): Promise<Finding> {
  return judgeMigrations(await compareMigrations({ url }))
}

async function checkSettings(client: pg.Client): Promise<Finding[]> {
  const settings = await readDurability(client)
  return settings.map(({ name, setting, isSafe }) =>
    isSafe
      ? good(name, setting)
      : bad(name, `${setting}: a crash can lose confirmed messages`, `Set ${name} = on in PostgreSQL.`),
  )
}

async function checkTrigrams(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ version: string | null; isReady: boolean }>(
    `/* checkTrigrams */ select installed_version as version, to_regclass('users') is null as "isReady"
     from pg_available_extensions
     where name = 'pg_trgm'`,
  )
  const [found] = rows
  if (found?.version) return good('pg_trgm', found.version)
  if (found?.isReady) return good('pg_trgm', 'can be created by the migrations')
  const advice = found
    ? 'Run `create extension pg_trgm` in the database of Kabar.'
    : 'Install the package with the PostgreSQL extensions, such as postgresql-contrib.'
  return bad('pg_trgm', 'missing: search does not work', advice)
}

/** Sends a notification on one connection and listens on another, as servers do. */
async function checkNotifications({ url, config }: Examined): Promise<Finding> {
  const { doorbell } = config
  const transport = chooseTransport({ databaseUrl: url, doorbell, feed: { echoTimeoutMs: doctorLimits.connectMs } })
  const name = 'notifications'
  const isBus = doorbell.kind !== 'postgres'
  // without the bus servers still serve: its error is a finding with advice of its own
  const isHeard = await hearsItself(transport, doctorLimits.notificationMs).catch((error: unknown) => {
    if (isBus && error instanceof Error) return error
    throw error
  })
  if (isHeard === true) return good(name, isBus ? `arrive by ${nameDoorbell(doorbell)}` : 'arrive')
  if (isBus) {
    const reason = isHeard === false ? `${nameDoorbell(doorbell)}: ${transport.silence}` : isHeard.message
    return bad(
      name,
      `${reason}: servers poll, and messages arrive later`,
      'Check DOORBELL_URL, and that the bus is running.',
    )
  }
  return bad(
    name,
    'do not arrive, as behind a pooler in transaction mode: servers poll, and messages arrive later',
    'Point DATABASE_URL at PostgreSQL itself, or at a pooler in session mode, or set DOORBELL_URL to a NATS or Redis. PgBouncer before 1.21 also needs PREPARED_STATEMENTS=false.',
  )
}

async function checkQueue(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ usage: number }>(
    '/* checkQueue */ select pg_notification_queue_usage() as usage',
  )
  return judgeQueue(rows[0]?.usage ?? 0)
}

interface Room {
  most: number
  running: number
}

async function checkConnections(client: pg.Client, { config, servers }: Examined): Promise<Finding> {
  const { rows } = await client.query<Room>(
    `/* checkConnections */ select
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
       (
         select count(*)::int
         from pg_stat_activity
         where application_name = 'kabar listen' and datname = current_database()
       ) as running`,
  )
  const { most = 0, running = 0 } = rows[0] ?? {}
  const isBus = config.doorbell.kind !== 'postgres'
  const forRings = isBus ? 0 : notifierConnections
  const { ownConnectionsMax, lookupConnectionsMax } = databaseLimits
  const each = config.databasePoolSize + forRings + sendConnectionsMax + ownConnectionsMax + lookupConnectionsMax
  const wanted = Math.max(1, servers ?? (isBus ? await countLeases(client) : running))
  const detail = `${wanted} server(s) of ${each} need ${wanted * each} of ${most}`
  if (wanted * each <= most) return good('connections', detail)
  return bad('connections', detail, 'Raise max_connections of PostgreSQL, or lower DATABASE_POOL_SIZE.')
}

/** Counts the servers that have had users: those with a bus do not LISTEN. */
async function countLeases(client: pg.Client): Promise<number> {
  const tables = await client.query(`/* countLeases */ select where to_regclass('server_leases') is not null`)
  if (tables.rows.length === 0) return 0
  const { rows } = await client.query<{ count: number }>(
    '/* countLeases */ select count(*)::int as count from server_leases where expires_at > now()',
  )
  return rows[0]?.count ?? 0
}

async function checkClock(client: pg.Client): Promise<Finding> {
  const before = Date.now()
  const { rows } = await client.query<{ now: number }>(
    '/* checkClock */ select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  )
  const difference = Math.round((rows[0]?.now ?? 0) - (before + Date.now()) / 2)
  return judgeClock(-difference)
}

async function checkKey(client: pg.Client): Promise<Finding> {
  const tables = await client.query(`/* checkKey */ select where to_regclass('signing_keys') is not null`)
  if (tables.rows.length === 0) return good('signing key', 'none yet: the first sign-in creates one')
  const { rows } = await client.query<{ keys: number; sessions: boolean }>(
    `/* checkKey */ select count(*)::int as keys, exists (select from sessions) as sessions
     from signing_keys
     where active_at <= now()`,
  )
  const { keys = 0, sessions = false } = rows[0] ?? {}
  if (keys > 0) return good('signing key', 'there')
  if (!sessions) return good('signing key', 'none yet: the first sign-in creates one')
  const advice = 'Restore the table signing_keys, or sign in once: this creates a new key, and clients refresh.'
  return bad('signing key', 'missing, although users have signed in: their tokens are invalid', advice)
}

async function hasEvents(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`/* hasEvents */ select where to_regclass('events') is not null`)
  return rows.length > 0
}

/** Verifies the newest events of some rooms and users. */
async function checkEvents(client: pg.Client): Promise<Finding> {
  const sql = sqlOf(client, () => undefined)
  const { verifiedTopics, verifiedEvents } = doctorLimits
  const topics = await sampleTopics(sql, verifiedTopics)
  const stretches = topics.map(({ id, head }) => ({ topicId: id, after: Math.max(0, head - verifiedEvents) }))
  const { events, breaks } = await verifyFeeds(sql, stretches, verifiedEvents)
  const detail = `verified ${events} of ${topics.length} rooms and users`
  if (breaks.length === 0) return good('events', detail)
  const advice = 'Something other than Kabar changed events. `npm run kabar -- verify` checks all, and prints where.'
  return bad('events', `${detail}: ${breaks.length} of them break`, advice)
}
