import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { makeExports } from '../../src/account/export/service.ts'
import { dataExportLimits } from '../../src/config/account.ts'
import { openMediaFiles } from '../../src/media/files.ts'
import { sweepMedia } from '../../src/media/sweep.ts'
import { guest } from '../support/client.ts'
import {
  ask,
  dayMs,
  ends,
  last,
  nextOf,
  partsOf,
  running,
  type Told,
  test,
  withStorage,
} from '../support/data-exports.ts'
import { uuidOf } from '../support/members.ts'
import { anyBytes, at, upload } from '../support/uploads.ts'

test('who asked is told on every server when an export is over, and after a reconnect', async ({ one, two, db }) => {
  const ada = await guest(one)
  const streams = [ada, ada.at(two)].map((client) => client.follow<Told>(ends))
  const [after] = await Promise.all(streams.map(async (stream) => (await nextOf(stream)).cursor))
  const { id } = await ask(ada, false)
  await makeExports(await partsOf(two), running)
  for (const stream of streams) {
    const told = await nextOf(stream)
    expect(told).toMatchObject({ __typename: 'DataExportEnded', export: { id, status: 'READY' } })
    expect((await fetch(at(ada, told.export?.url ?? ''))).status).toBe(200)
  }
  // what an event tells of is what there is now
  await db.dataExport.update({ where: { id: uuidOf(id) }, data: { requestedAt: new Date(0), expiresAt: new Date(1) } })
  const late = ada.at(two).follow<Told>(ends, { after })
  expect(await nextOf(late)).toMatchObject({ __typename: 'DataExportEnded', export: null })
})

test('nothing is told of an export whose account was deleted while it was made', async ({ one, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  const { storage } = parts.files
  const stored: string[] = []
  const slow = withStorage(parts, {
    async put(key, path) {
      await ada.attempt('mutation { deleteAccount(input: {}) { user { id } } }')
      await storage.put(key, path)
      stored.push(key)
    },
  })
  await ask(ada, false)
  await makeExports(slow, running)
  expect(stored).toHaveLength(1)
  for (const key of stored) expect(await storage.size(key)).toBeNull()
  expect(await db.event.findMany({ where: { topicId: uuidOf(ada.userId) } })).toMatchObject([{ kind: 'SESSION_ENDED' }])
})

test('an export that fails is begun again, and given up at last, leaving no file', async ({ one, two, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  await upload(ada, anyBytes(10))
  const broken = withStorage(parts, { read: () => Promise.reject(new Error('broken')) })
  const stream = ada.at(two).follow<Told>(ends)
  await nextOf(stream) // Synced
  const waiting = { userId: uuidOf(ada.userId), expiresAt: new Date(Date.now() + dayMs) }
  const { id } = await db.dataExport.create({ data: { ...waiting, tries: dataExportLimits.triesMax - 1 } })
  await makeExports(broken, running)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'FAILED', storageKey: null })
  expect(await nextOf(stream)).toMatchObject({ __typename: 'DataExportEnded', export: { status: 'FAILED', url: null } })
  expect(await last(ada)).toMatchObject({ status: 'FAILED', url: null })
  await sweepMedia({ files: await openMediaFiles(one.parts.config, db), db, sql: parts.sql }, running)
  expect(await readdir(join(one.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
  // a server that died half-way counted a try
  const again = await db.dataExport.create({ data: { ...waiting, tries: 1 } })
  await makeExports(parts, running)
  expect(await db.dataExport.findUnique({ where: { id: again.id } })).toMatchObject({ status: 'READY', tries: 2 })
})

test('an export that stops of servers break off has lost no try by them', async ({ one, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  await upload(ada, anyBytes(10))
  const tries = dataExportLimits.triesMax - 1
  const { id } = await db.dataExport.create({
    data: { userId: uuidOf(ada.userId), expiresAt: new Date(Date.now() + dayMs), tries },
  })
  const stop = new AbortController()
  const endless = withStorage(parts, {
    async read() {
      stop.abort()
      return new Readable({ read() {} })
    },
  })
  await makeExports(endless, stop.signal)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'PENDING', tries })
  expect(await readdir(join(one.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
  await makeExports(parts, running)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'READY' })
})
