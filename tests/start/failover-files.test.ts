// The files of deploy/patroni, as their programs read them.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText } from '../support/documents.ts'

const proxyFile = join(import.meta.dirname, '..', '..', 'deploy/patroni/haproxy.cfg')
const hasNoProxy = spawnSync('haproxy', ['-v']).error !== undefined

interface Settings {
  bootstrap: { dcs: { ttl: number; loop_wait: number; retry_timeout: number; synchronous_mode: boolean } }
}

test('Patroni replaces a lost machine as fast as it can, without losing what was answered', () => {
  const { dcs } = (parse(readText('deploy/patroni/patroni.yml')) as Settings).bootstrap
  // the condition of Patroni's manual
  expect(dcs.loop_wait + 2 * dcs.retry_timeout).toBeLessThanOrEqual(dcs.ttl)
  expect(dcs).toMatchObject({ ttl: 20, synchronous_mode: true })
})

test.skipIf(hasNoProxy)('HAProxy takes its file', () => {
  const { stdout, stderr, status } = spawnSync('haproxy', ['-c', '-f', proxyFile], {
    encoding: 'utf8',
  })
  expect(status, `${stdout}${stderr}`).toBe(0)
})
