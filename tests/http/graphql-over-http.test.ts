import { serverAudits } from 'graphql-http'
import { describe, expect } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { test as base } from '../support/server.ts'

/** A server as in production: all bounds are those of everybody. */
const test = base.extend('strict', { scope: 'file' }, async ({ start }) => {
  const { edge, rates } = readConfig({ NODE_ENV: 'production' })
  return start({ production: true, graphiql: false, edge, rates: rates ?? {} })
})

const audits = serverAudits({ url: '' })

test('there are as many audits as the specification has', () => {
  expect(audits.length).toBeGreaterThanOrEqual(61)
})

describe('GraphQL over HTTP', () => {
  test.for(audits.map(({ id, name }) => [id, name] as const))('%s: %s', async ([id], { strict }) => {
    const audit = serverAudits({ url: `${strict.url}/graphql` }).find((other) => other.id === id)
    const result = await audit?.fn()
    expect(result).toMatchObject({ status: 'ok' })
  })
})
