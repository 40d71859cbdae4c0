// An embedded PostgreSQL that dies under a running server.

import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test as base, describe, expect, inject } from 'vitest'
import { translateFault } from '../../src/database/faults.ts'
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts'
import { openClient } from '../support/database.ts'

const test = base
  .extend('dataDir', async ({}, { onCleanup }) => {
    const path = await mkdtemp(join(inject('scratchDir'), 'restart-'))
    onCleanup(() => rm(path, { recursive: true, force: true }))
    return path
  })
  .extend('start', async ({ dataDir }, { onCleanup }) => {
    const started: EmbeddedPostgres[] = []
    onCleanup(async () => {
      for (const postgres of started) await postgres.close()
    })
    return async (options: Omit<EmbeddedOptions, 'dataDir'> = {}) => {
      const postgres = await startEmbeddedPostgres({ dataDir, durable: false, ...options })
      started.push(postgres)
      return postgres
    }
  })

const postmasterOf = async (dataDir: string) =>
  Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10)

async function query(url: string, text: string): Promise<unknown[]> {
  const client = await openClient(url)
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('an embedded PostgreSQL', () => {
  test('is started again in place when it was killed, and again', async ({ start, dataDir }) => {
    const lost: string[] = []
    const backs: (() => void)[] = []
    const postgres = await start({
      durable: true,
      onLost: (reason) => lost.push(reason),
      onBack: () => backs.pop()?.(),
    })
    await query(postgres.url, 'create table kept as select 1 as value')
    for (const times of [1, 2]) {
      const back = new Promise<void>((resolve) => backs.push(resolve))
      process.kill(await postmasterOf(dataDir), 'SIGKILL')
      await back
      expect(lost).toHaveLength(times)
      expect(lost[times - 1]).toMatch('it ended with SIGKILL')
      expect(await query(postgres.url, 'select value from kept')).toEqual([{ value: 1 }])
    }
  })

  test('is given up, with the reason, when it does not start again', async ({ start, dataDir }) => {
    const exit = Promise.withResolvers<string>()
    const postgres = await start({ onExit: exit.resolve })
    const control = join(dataDir, 'postgres/global/pg_control')
    await rename(control, `${control}.lost`)
    process.kill(await postmasterOf(dataDir), 'SIGKILL')
    expect(await exit.promise).toMatch(
      /^it was started 6 times again, in vain\. PostgreSQL did not start on .*pg_control/s,
    )
    await postgres.close()
    // the folder is free, and nothing of it has been touched
    await rename(`${control}.lost`, control)
    expect(await query((await start()).url, 'select 1 as value')).toEqual([{ value: 1 }])
  })

  test('stops while it is being started again, and leaves nothing behind', async ({ start, dataDir }) => {
    const lost = Promise.withResolvers<string>()
    const postgres = await start({ onLost: lost.resolve })
    process.kill(await postmasterOf(dataDir), 'SIGKILL')
    await lost.promise
    await postgres.close()
    const left = await postmasterOf(dataDir).catch(() => null)
    if (left !== null) expect(() => process.kill(left, 0)).toThrow('ESRCH')
    const refusal = await query(postgres.url, 'select 1').catch((error: unknown) => error)
    expect(String(refusal)).toContain('ECONNREFUSED')
    // as clients are told, whatever they have asked: a nonce is only for sends
    expect(translateFault(refusal)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'The database cannot be reached. Try again in a moment.',
    })
    expect(await query((await start()).url, 'select 1 as value')).toEqual([{ value: 1 }])
  })
})
