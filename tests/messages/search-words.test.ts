import { randomUUID } from 'node:crypto'
import { test as base, expect, inject } from 'vitest'
import { migrate } from '../../src/database/migrations/migrate.ts'
import { startServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { openClient } from '../support/database.ts'
import { searchRows } from '../support/search-rows.ts'
import { testConfig } from '../support/server.ts'

// Locales by which PostgreSQL classifies characters otherwise. The first of a list that the machine has is taken.
const locales = { C: ['C'], 'UTF-8': ['en_US.UTF-8', 'en_US.utf8', 'C.UTF-8', 'C.utf8'] } as const

/** A server on a database of a locale, and somebody who has sent all bodies of the table. */
const test = base.extend('searcherOn', { scope: 'file' }, async ({}, { onCleanup }) => {
  const closers: (() => Promise<unknown>)[] = []
  onCleanup(async () => {
    while (closers.length > 0) await closers.pop()?.()
  })
  return async (names: readonly string[]): Promise<{ searcher: Client; ctype: string }> => {
    const { url } = inject('postgres')
    const admin = await openClient(url)
    closers.push(() => admin.end())
    const name = `kabar_test_${randomUUID().replaceAll('-', '')}`
    closers.push(() => admin.query(`drop database if exists ${name} with (force)`))
    const ctype = await createOnFirst(admin, name, names)
    const own = new URL(url)
    own.pathname = `/${name}`
    await migrate({ url: own.href })
    const server = await startServer(testConfig(own.href))
    closers.push(() => server.close())
    const searcher = await guest(server)
    const roomId = await makeRoom(searcher)
    for (const { body } of searchRows) await send(searcher, roomId, body)
    return { searcher, ctype }
  }
})

async function createOnFirst(admin: Awaited<ReturnType<typeof openClient>>, name: string, names: readonly string[]) {
  let fault: unknown
  for (const locale of names) {
    try {
      await admin.query(
        `create database ${name} template template0 encoding 'UTF8' locale_provider libc lc_collate 'C' lc_ctype '${locale}'`,
      )
      return locale
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

test('the table has languages and rows enough', () => {
  const queries = searchRows.flatMap(({ found = [], missed = [] }) => [...found, ...missed])
  expect(queries.length).toBeGreaterThanOrEqual(300)
  expect(new Set(searchRows.map(({ language }) => language)).size).toBeGreaterThanOrEqual(40)
})

for (const [title, names] of Object.entries(locales)) {
  test(`words are split and folded alike in bodies and queries, on a database with LC_CTYPE ${title}`, async ({
    searcherOn,
  }) => {
    const { searcher } = await searcherOn(names)
    const faults: string[] = []
    for (const { language, body, found = [], missed = [] } of searchRows) {
      for (const [query, isExpected] of [
        ...found.map((query) => [query, true] as const),
        ...missed.map((query) => [query, false] as const),
      ]) {
        const { searchMessages } = await searcher.call<{ searchMessages: { nodes: { body: string }[] } }>(
          'query ($query: String!) { searchMessages(query: $query, first: 100) { nodes { body } } }',
          { query },
        )
        const isFound = searchMessages.nodes.some((node) => node.body === body)
        if (isFound !== isExpected)
          faults.push(`${language}: “${query}” ${isFound ? 'finds' : 'does not find'} “${body}”`)
      }
    }
    expect(faults).toEqual([])
  })
}
