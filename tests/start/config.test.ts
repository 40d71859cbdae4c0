import { expect } from 'vitest'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { StartError } from '../../src/database/start-error.ts'
import { test } from '../support/server.ts'

test('without any settings there is a configuration for development, which nobody can change', () => {
  const config = readConfig({})
  expect(config).toMatchObject({ databaseUrl: null, port: 4000, host: '127.0.0.1', production: false, graphiql: true })
  expect(Object.isFrozen(config)).toBe(true)
})

test('production switches GraphiQL off unless it is asked for', () => {
  expect(readConfig({ NODE_ENV: 'production' }).graphiql).toBe(false)
  expect(readConfig({ NODE_ENV: 'production', GRAPHIQL: 'true' }).graphiql).toBe(true)
})

test('all faults of the environment are said at once, without the password of the database', () => {
  const env = {
    PORT: '65536',
    DATABASE_URL: 'mysql://kabar:geheim@localhost/kabar',
    GUESTS: 'maybe',
    SESSION_DAYS: '1.5',
  }
  const read = () => readConfig(env)
  expect(read).toThrow(ConfigError)
  for (const name of Object.keys(env)) expect(read).toThrow(name)
  expect(read).not.toThrow('geheim')
})

test('a setting that does nothing without another is a fault without it', () => {
  const [id, secret, bucket] = ['MEDIA_S3_ACCESS_KEY_ID', 'MEDIA_S3_SECRET_ACCESS_KEY', 'MEDIA_S3_BUCKET']
  const env = { [bucket]: 'kabar', [id]: 'key', [secret]: 'geheim', MEDIA_S3_ENDPOINT: 'http://127.0.0.1:9000' }
  expect(readConfig(env).media.s3?.credentials).toEqual({ accessKeyId: 'key', secretAccessKey: 'geheim' })
  for (const missing of [id, secret, bucket]) {
    const read = () => readConfig({ ...env, [missing]: undefined })
    expect(read, missing).toThrow(`needs ${missing} to be set too`)
    expect(read).not.toThrow('geheim')
  }
})

test('settings at their bounds are taken, and one past them is not', () => {
  expect(readConfig({ PORT: '0' }).port).toBe(0)
  expect(readConfig({ PORT: '65535', DATABASE_POOL_SIZE: '2', ACCESS_TOKEN_SECONDS: '10' }).port).toBe(65_535)
  for (const env of [
    { PORT: '-1' },
    { DATABASE_POOL_SIZE: '1' },
    { ACCESS_TOKEN_SECONDS: '9' },
    { LOG_LEVEL: 'loud' },
  ]) {
    expect(() => readConfig(env)).toThrow(ConfigError)
  }
})

test('a doorbell is PostgreSQL, a NATS or a Redis', () => {
  const doorbell = (DOORBELL_URL: string, more = {}) => readConfig({ DOORBELL_URL, ...more }).doorbell
  const nats = { kind: 'nats', host: 'bus.example', port: 4_222, tls: false, user: null, password: null }
  expect(readConfig({}).doorbell).toEqual({ kind: 'postgres' })
  expect(doorbell('postgres')).toEqual({ kind: 'postgres' })
  expect(doorbell('nats://bus.example')).toEqual({ ...nats, subject: 'kabar.rings' })
  expect(doorbell('tls://token@bus.example:4333/')).toMatchObject({ tls: true, user: 'token', port: 4_333 })
  expect(doorbell('redis://:p%40ss@[::1]/3')).toMatchObject({
    kind: 'redis',
    host: '::1',
    port: 6_379,
    password: 'p@ss',
  })
  expect(doorbell('rediss://kabar:geheim@bus.example')).toMatchObject({ tls: true, user: 'kabar', password: 'geheim' })
  const longest = 'a'.repeat(64)
  const prefixed = doorbell('nats://bus.example', { DOORBELL_PREFIX: longest })
  expect(prefixed).toMatchObject({ subject: `${longest}.rings` })
})

test.for([
  ['NATS', 'must be `postgres`, or one nats://'],
  ['amqp://kabar:geheim@bus.example', 'must be `postgres`, or one nats://'],
  ['nats://a.example,nats://kabar:geheim@b.example', 'must name one host'],
  ['nats://a.example:4222,b.example:4222', 'must be `postgres`, or one nats://'],
  ['nats://bücher.example', 'must name one host, in ASCII'],
  ['nats:///geheim', 'has no host'],
  ['redis:geheim', 'has no host'],
  ['nats://kabar:geheim@bus.example/subject', 'must have no path'],
  ['redis://kabar:geheim@bus.example/path', 'must have no path'],
  ['redis://kabar:geheim@bus.example?tls=true', 'must have no parameters'],
  ['redis://kabar:geheim%@bus.example', 'has a % that must be written as %25'],
  ['nats://:geheim@bus.example', 'has a password and no user'],
])('the doorbell %s is refused at the start: it %s', ([url, fault]) => {
  const read = () => readConfig({ DOORBELL_URL: url })
  expect(read).toThrow(ConfigError)
  expect(read).toThrow(`DOORBELL_URL=…: ${fault}`)
  expect(read).not.toThrow('geheim')
})

test.for(['a'.repeat(65), 'a.', '.a', 'a b', 'a.*', 'a.>', 'ä'])('the prefix %s is refused', (DOORBELL_PREFIX) => {
  expect(() => readConfig({ DOORBELL_URL: 'nats://bus.example', DOORBELL_PREFIX })).toThrow('DOORBELL_PREFIX')
})

test('a port that is in use is named, with what to do', async ({ one, start }) => {
  const port = Number(new URL(one.url).port)
  const second = start({ port })
  await expect(second).rejects.toThrow(StartError)
  await expect(second).rejects.toThrow(/Port \d+ of 127\.0\.0\.1 is in use\. .*PORT/)
})

test('RATE_LIMITS=false counts neither attempts nor operations nor sends', () => {
  const { rates, edge } = readConfig({ RATE_LIMITS: 'false' })
  expect([rates, edge.operationsPerMinuteMax, edge.sendsMax]).toEqual([null, Infinity, Infinity])
  expect(readConfig({}).edge.sendsMax).toBe(50)
})
