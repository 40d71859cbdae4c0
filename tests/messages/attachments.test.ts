import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { openMediaFiles } from '../../src/media/files.ts'
import { sweepMedia } from '../../src/media/sweep.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { test, unknown, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'
import { announce, anyBytes, at, findMedia, picture, upload } from '../support/uploads.ts'

const sendMutation = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id number body attachments { id name url } } }
}`
const deleteMutation =
  'mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { attachments { id } } } }'

interface Sent {
  id: string
  number: number
  body: string
  attachments: { id: string; name: string; url: string }[]
}

async function sendFiles(client: Client, input: Record<string, unknown>): Promise<Sent> {
  const data = await client.call<{ sendMessage: { message: Sent } }>(sendMutation, { input: { body: '', ...input } })
  return data.sendMessage.message
}

const uploadMany = (client: Client, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => upload(client, anyBytes(10), { name: `${index}.bin` })))

const idsOf = (things: readonly { id: string }[]) => things.map(({ id }) => id)

/** Runs a sweep as the chore does. */
async function sweep({ parts: { config, db, sql } }: KabarServer): Promise<void> {
  await sweepMedia({ files: await openMediaFiles(config, db), db, sql }, new AbortController().signal)
}

const pathOf = ({ parts: { config } }: KabarServer, key: string) => join(config.dataDirectory, 'media', key)

test('a message carries files in their order, live and in history, to those who read the room', async ({
  one,
  two,
}) => {
  const [ada, bob, eve] = [await guest(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const live = bob.follow<{ messageAdded: Sent }>(
    'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { id attachments { id url } } }',
    { roomId },
  )
  const files = await uploadMany(ada, 3)
  await send(ada, roomId, 'first')
  await live.nextData()
  const [first, second, third] = idsOf(files)
  const sent = await sendFiles(ada, { roomId, attachmentIds: [third, first, second] })
  expect(idsOf(sent.attachments)).toEqual([third, first, second])
  const { messageAdded } = await live.nextData()
  expect(idsOf(messageAdded.attachments)).toEqual([third, first, second])
  expect(messageAdded.attachments.map(({ url }) => url)).toEqual(sent.attachments.map(({ url }) => url))
  const { node } = await bob.call<{ node: Sent }>(
    'query ($id: ID!) { node(id: $id) { ... on Message { body attachments { id } } } }',
    { id: sent.id },
  )
  expect([node.body, idsOf(node.attachments)]).toEqual(['', [third, first, second]])
  for (const { id } of files) {
    expect(await findMedia(bob, id)).toMatchObject({ id })
    expect(await findMedia(eve, id)).toBeNull()
  }
  expect((await fetch(at(bob, messageAdded.attachments[0]?.url ?? ''))).status).toBe(200)
})

test('what a message says beside its files can be taken away, but not all that it says', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [file] = await uploadMany(ada, 1)
  const withFile = await sendFiles(ada, { roomId, body: 'look', attachmentIds: [file?.id] })
  const withText = await send(ada, roomId, 'look')
  const edit = 'mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { body } } }'
  expect(await ada.call(edit, { input: { messageId: withFile.id, body: '' } })).toEqual({
    editMessage: { message: { body: '' } },
  })
  for (const body of ['', ' \n']) {
    expect(await ada.fail(edit, { input: { messageId: withText.id, body } })).toBe('BAD_USER_INPUT')
  }
})

test('a page of messages asks for all attachments at once', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const { id } of await uploadMany(ada, 3)) await sendFiles(ada, { roomId, attachmentIds: [id] })
  const query = 'query ($id: ID!) { room(id: $id) { messages(first: 3) { nodes { attachments { url } } } } }'
  const statements = await statementsOf(() => ada.call(query, { id: roomId }))
  expect(statements.filter((text) => text.includes('readAttachments'))).toHaveLength(1)
})

test('only what is one’s own, uploaded and unused can be attached', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const [used, free] = await uploadMany(ada, 2)
  const [others] = await uploadMany(bob, 1)
  const { media: pending } = await announce(ada, anyBytes(10))
  await sendFiles(ada, { roomId, attachmentIds: [used?.id] })
  const missing = unknown.user.replace('user', 'media')
  for (const attachmentIds of [
    [used?.id],
    [others?.id],
    [pending.id],
    [missing],
    [free?.id, used?.id],
    [free?.id, free?.id],
    [roomId],
  ]) {
    expect(await ada.fail(sendMutation, { input: { roomId, body: 'x', attachmentIds } })).toBe('BAD_USER_INPUT')
  }
  expect(await ada.fail(sendMutation, { input: { roomId, body: ' ' } })).toBe('BAD_USER_INPUT')
  expect(await ada.fail(sendMutation, { input: { roomId, body: ' ', attachmentIds: [] } })).toBe('BAD_USER_INPUT')
  expect((await sendFiles(ada, { roomId, body: 'x', attachmentIds: [free?.id] })).number).toBe(2)
})

test('a message may have as many files as its bound and not more', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const ids = idsOf(await uploadMany(ada, limits.attachmentsMax + 1))
  expect(await ada.fail(sendMutation, { input: { roomId, body: '', attachmentIds: ids } })).toBe('BAD_USER_INPUT')
  expect((await sendFiles(ada, { roomId, attachmentIds: ids.slice(1) })).attachments).toHaveLength(
    limits.attachmentsMax,
  )
})

test('of sends that race for a file one gets it', async ({ one, two }) => {
  const ada = await guest(one)
  const roomIds = await Promise.all([1, 2, 3, 4].map(() => makeRoom(ada)))
  for (let round = 0; round < 5; round++) {
    const [file] = await uploadMany(ada, 1)
    const answers = await Promise.all(
      [...roomIds, ...roomIds].map((roomId, index) =>
        ada
          .at(index % 2 ? one : two)
          .attempt(sendMutation, { input: { roomId, body: 'x', attachmentIds: [file?.id] } }),
      ),
    )
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'sent')
    expect(codes.filter((code) => code === 'sent')).toHaveLength(1)
    expect(codes.filter((code) => code === 'BAD_USER_INPUT')).toHaveLength(roomIds.length * 2 - 1)
  }
})

test('a nonce stands for the files too', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [a, b] = idsOf(await uploadMany(ada, 2))
  const input = { roomId, nonce: randomUUID(), attachmentIds: [a, b] }
  const first = await sendFiles(ada, input)
  expect(await sendFiles(ada, input)).toEqual(first)
  for (const attachmentIds of [[b, a], [a], []])
    expect(await ada.fail(sendMutation, { input: { ...input, body: 'x', attachmentIds } })).toBe('NONCE_REUSED')
})

test('a deleted message leaves none of its files', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const media = await upload(ada, await picture(), { mimeType: 'image/png' })
  const { id } = await sendFiles(ada, { roomId, attachmentIds: [media.id] })
  const row = await db.media.findUniqueOrThrow({ where: { id: uuidOf(media.id) } })
  const keys = [row.storageKey, row.thumbnailKey ?? '']
  for (const key of keys) await stat(pathOf(one, key))
  const { deleteMessage } = await ada.call<{ deleteMessage: { message: Sent } }>(deleteMutation, { id })
  expect(deleteMessage.message.attachments).toEqual([])
  for (const key of keys) await expect(stat(pathOf(one, key))).rejects.toThrow('ENOENT')
  for (const url of [media.url, media.thumbnailUrl ?? '']) expect((await fetch(at(bob, url))).status).toBe(404)
  expect(await findMedia(ada, media.id)).toBeNull()
  expect(await db.mediaLeftover.count({ where: { storageKey: { in: keys } } })).toBe(0)
})

test('a sweep deletes what nothing uses for a day, and the files of rows that are gone', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [sent, old, young, gone] = await uploadMany(ada, 4)
  await sendFiles(ada, { roomId, attachmentIds: [sent?.id] })
  const rowOf = (media: { id: string } | undefined) => ({ id: uuidOf(media?.id ?? '') })
  const before = new Date(Date.now() - mediaLimits.unusedMs)
  for (const media of [sent, old]) await db.media.update({ where: rowOf(media), data: { createdAt: before } })
  const { storageKey } = await db.media.delete({ where: rowOf(gone) })
  await stat(pathOf(one, storageKey))
  await sweep(one)
  await expect(stat(pathOf(one, storageKey))).rejects.toThrow('ENOENT')
  const left = await Promise.all([sent, old, young].map((media) => findMedia(ada, media?.id ?? '')))
  expect(left.map((media) => media?.id)).toEqual([sent?.id, undefined, young?.id])
  expect((await fetch(at(ada, sent?.url ?? ''))).status).toBe(200)
  expect(await db.mediaLeftover.count({ where: { dueAt: { lte: new Date() } } })).toBe(0)
})

test('files go with the messages of a room that is purged', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [file] = await uploadMany(ada, 1)
  const { id } = await sendFiles(ada, { roomId, attachmentIds: [file?.id] })
  const { storageKey } = await db.media.findUniqueOrThrow({ where: { id: uuidOf(file?.id ?? '') } })
  await db.message.delete({ where: { id: uuidOf(id) } })
  expect(await findMedia(ada, file?.id ?? '')).toBeNull()
  await sweep(one)
  await expect(stat(pathOf(one, storageKey))).rejects.toThrow('ENOENT')
})
