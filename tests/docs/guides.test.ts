// Plays what documents tell people to do: the guides, as the owner of a room, and the import of accounts.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { enter } from '../support/accounts.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { codeBlocks, operation, readText } from '../support/documents.ts'
import { test } from '../support/server.ts'
import { anyBytes, bodyOf } from '../support/uploads.ts'

test('the operations of the guides do what they say', async ({ one }) => {
  const [ada, bob, cyd] = await Promise.all(['Ada', 'Bob', 'Cyd'].map((name) => guest(one, name)))
  if (!ada || !bob || !cyd) throw new Error('three guests')
  const roomId = await makeRoom(ada, [bob, cyd], 'Tea')
  const ask = (part: string, variables: object) => ada.call(operation(part), { ...variables })
  const { viewer } = (await ask('query Rooms', {})) as unknown as { viewer: { eventCursor: string } }
  const list = ada.follow(operation('subscription ViewerEvents'), { after: viewer.eventCursor })
  const live = ada.follow(operation('subscription WhoTypes'), { roomId })
  expect(await live.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })

  await bob.call(operation('mutation Typing'), { roomId, isTyping: true })
  expect(await live.nextData()).toMatchObject({ roomEvents: { users: [{ displayName: 'Bob' }] } })
  const { id: messageId } = await send(bob, roomId, 'Is there still tea?')
  const isNews = async () => JSON.stringify(await list.nextData()).includes('"unreadCount":1')
  while (!(await isNews()));
  expect(await ask('mutation MarkRead', { roomId, number: 1 })).toMatchObject({
    markRead: { membership: { unreadCount: 0 } },
  })
  expect(await ask('query Around', { roomId, number: 1 })).toMatchObject({
    room: { messages: { edges: [{ node: { id: messageId } }] } },
  })

  const bytes = anyBytes(10)
  const input = { name: 'a.bin', mimeType: 'application/octet-stream', bytes: bytes.byteLength }
  const { createUpload } = (await ask('mutation Announce($input', { input })) as unknown as {
    createUpload: { media: { id: string }; uploadUrl: string }
  }
  expect((await fetch(createUpload.uploadUrl, { method: 'PUT', body: bodyOf(bytes) })).status).toBe(204)
  const { id: mediaId } = createUpload.media
  expect(await ask('mutation SendFile', { roomId, mediaId })).toMatchObject({
    sendMessage: { message: { attachments: [{ id: mediaId }] } },
  })

  await cyd.call(
    'mutation ($messageId: ID!) { reportMessage(input: { messageId: $messageId, reason: "rude" }) { report { id } } }',
    { messageId },
  )
  const { room } = (await ask('query Moderation', { roomId })) as unknown as {
    room: { reports: { nodes: { id: string }[] } }
  }
  const [report] = room.reports.nodes
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const variables = { messageId, roomId, userId: bob.userId, until, reportId: report?.id }
  expect(await ask('mutation Moderate', variables)).toMatchObject({
    deleteMessage: { message: { id: messageId } },
    banMember: { ban: { user: { id: bob.userId } } },
    resolveReport: { report: { id: report?.id, resolvedAt: expect.any(String) } },
  })
})

test('the import of the documents works word for word, and its password signs in', async ({ one, databaseUrl }) => {
  const text = readText('docs/command-line.md')
  const block = codeBlocks(text, 'sh').find((lines) => lines.includes('users import')) ?? ''
  const [, file = '', content = ''] = /cat > (\S+) <<'END'\n([\s\S]*?)END\n/.exec(block) ?? []
  const copy = join(mkdtempSync(join(inject('scratchDir'), 'import-')), 'users.ndjson')
  writeFileSync(copy, content)
  const commands = [...block.matchAll(/^npm run kabar -- (.+)$/gm)].map(([, args = '']) => args.replace(file, copy))
  expect(commands).toHaveLength(3)
  for (const command of commands)
    expect(await kabar(databaseUrl, command.split(' ')), command).toMatchObject({ code: 0 })
  const [, password = ''] = /the password of Ada is `([^`]+)`/.exec(text) ?? []
  await enter(one, 'signIn', { username: 'ada', password })
})

test('files that documents make in the folder of Kabar are ignored by git', () => {
  const made = ['README.md', 'docs/command-line.md', 'docs/operations.md', 'docs/upgrading.md'].flatMap((path) =>
    codeBlocks(readText(path), 'sh').flatMap((block) =>
      [...block.matchAll(/(?:backup|> )\s?([\w.-]+\.\w+)/g)].map(([, name = '']) => name),
    ),
  )
  expect(made.length).toBeGreaterThan(1)
  const ignored = readText('.gitignore')
    .split('\n')
    .filter((line) => line.startsWith('*.'))
    .map((line) => line.slice(1))
  expect(made.filter((name) => !ignored.some((end) => name.endsWith(end)))).toEqual([])
})
