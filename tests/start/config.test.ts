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
