import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { newUuid, newUuidIn } from '../../src/database/uuid.ts'
import { formatId } from '../../src/input/ids.ts'
import { enter, newUser, password } from '../support/accounts.ts'
import { Client, guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { leaveRoom, openDirect, setRole, test, uuidOf } from '../support/members.ts'
import { picture, upload } from '../support/uploads.ts'

const reportMessage = `mutation ($messageId: ID!, $reason: String!) {
  reportMessage(input: { messageId: $messageId, reason: $reason }) { report { id reason resolvedAt } }
}`
const resolveReport = 'mutation ($id: ID!) { resolveReport(input: { reportId: $id }) { report { id resolvedAt } } }'

interface Report {
  id: string
  reason: string
  resolvedAt: string | null
}

const report = async (client: Client, messageId: string, reason: string) =>
  (await client.call<{ reportMessage: { report: Report } }>(reportMessage, { messageId, reason })).reportMessage.report

const list = (args = '') => `query ($id: ID!) {
  room(id: $id) {
    reports(first: 2 ${args}) {
      nodes { id reason message { number body } reporter { id } createdAt resolvedAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

async function reports(client: Client, id: string, args = '') {
  const { room } = await client.call<{
    room: { reports: { nodes: (Report & object)[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }
  }>(list(args), { id })
  return room.reports
}

/** Sends a message with a picture. */
async function sendFile(author: Client, roomId: string, body: string): Promise<{ id: string; mediaId: string }> {
  const { id: mediaId } = await upload(author, await picture(), { name: 'bad.png', mimeType: 'image/png' })
  const { sendMessage } = await author.call<{ sendMessage: { message: { id: string } } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { roomId, body, attachmentIds: [mediaId] } },
  )
  return { id: sendMessage.message.id, mediaId }
}

test('members report a message once each, and admins read and resolve it', async ({ one, two, db }) => {
  const [ada, bob, cyd, dan] = [await guest(one), await guest(two), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd, dan])
  const { id: messageId } = await send(bob, roomId, 'something bad')
  const first = await report(cyd, messageId, 'spam')
  expect(first).toMatchObject({ reason: 'spam', resolvedAt: null })
  expect(await report(cyd, messageId, 'really spam')).toEqual({ ...first, reason: 'really spam' })
  expect((await reports(ada.at(two), roomId)).nodes).toEqual([
    {
      id: first.id,
      reason: 'really spam',
      message: { number: 1, body: 'something bad' },
      reporter: { id: cyd.userId },
      createdAt: expect.any(String),
      resolvedAt: null,
    },
  ])
  const { resolveReport: resolved } = await ada.call<{ resolveReport: { report: Report } }>(resolveReport, {
    id: first.id,
  })
  expect(resolved.report.resolvedAt).toEqual(expect.any(String))
  await setRole(db, roomId, dan, 'ADMIN')
  expect(await dan.call(resolveReport, { id: first.id })).toEqual({ resolveReport: resolved })
  expect((await reports(ada, roomId, 'isResolved: false')).nodes).toEqual([])
  expect((await reports(ada, roomId, 'isResolved: true')).nodes).toHaveLength(1)
  // it was not the end of it
  expect(await report(cyd, messageId, 'still there')).toMatchObject({ id: first.id, resolvedAt: null })
  expect((await reports(ada, roomId, 'isResolved: false')).nodes).toHaveLength(1)
})

test('only members report, and only admins learn of it', async ({ one }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id: messageId } = await send(ada, roomId, 'hello')
  const { id } = await report(bob, messageId, 'rude')
  const unknown = 'msg_01h455vb4pex5vsknk084sn02q'
  const [foreign, missing] = await Promise.all(
    [messageId, unknown].map((asked) => eve.attempt(reportMessage, { messageId: asked, reason: 'x' })),
  )
  expect(foreign).toEqual(missing)
  for (const client of [bob, eve]) {
    expect(await client.fail(list(), { id: roomId })).toBe('FORBIDDEN')
    expect(await client.attempt(resolveReport, { id })).toEqual(
      await client.attempt(resolveReport, { id: unknown.replace('msg', 'report') }),
    )
    expect(await client.fail(resolveReport, { id })).toBe('NOT_FOUND')
  }
  expect(await bob.fail(resolveReport, { id: messageId })).toBe('BAD_USER_INPUT')
  await bob.call(leaveRoom, { roomId })
  expect(await bob.fail(reportMessage, { messageId, reason: 'x' })).toBe('NOT_FOUND')
})

test('who is reported neither learns of it nor resolves it, whatever their role', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await guest(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  await setRole(db, roomId, bob, 'ADMIN')
  const ids = []
  for (const author of [ada, bob, cyd]) {
    const reporter = author === cyd ? bob : cyd
    ids.push((await report(reporter, (await send(author, roomId, 'rude')).id, `of ${author.name}`)).id)
  }
  const [ofAda = '', ofBob = '', ofCyd = ''] = ids
  const seen = async (client: Client, args = '') => (await reports(client, roomId, args)).nodes.map(({ id }) => id)
  expect(await seen(ada)).toEqual([ofCyd, ofBob])
  expect(await seen(bob, 'isResolved: false')).toEqual([ofCyd, ofAda])
  const unknown = await bob.attempt(resolveReport, { id: formatId('Report', newUuid()) })
  expect(await bob.attempt(resolveReport, { id: ofBob })).toEqual(unknown)
  expect(await ada.attempt(resolveReport, { id: ofAda })).toEqual(unknown)
  expect(await db.report.count({ where: { roomId: uuidOf(roomId), resolvedAt: null } })).toBe(3)
  await ada.call(resolveReport, { id: ofBob })
  await bob.call(resolveReport, { id: ofAda })
})

test('a reason may be as long as its bound and not longer', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const { id: messageId } = await send(ada, await openDirect(ada, bob), 'hello')
  const longest = '😀'.repeat(limits.reportReasonLengthMax)
  expect((await report(bob, messageId, longest)).reason).toBe(longest)
  for (const reason of ['', ' \n', `${longest}a`, 'a\0b', 'half \ud83d']) {
    expect(await bob.fail(reportMessage, { messageId, reason }), reason.slice(0, 9)).toBe('BAD_USER_INPUT')
  }
  // one's own
  expect(await ada.fail(reportMessage, { messageId, reason: 'x' })).toBe('BAD_USER_INPUT')
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
    id: messageId,
  })
  expect(await bob.fail(reportMessage, { messageId, reason: 'x' })).toBe('CONFLICT')
})

test('reports are paged, the newest first', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  for (const reason of ['1', '2', '3']) await report(ada, (await send(bob, roomId, 'hello')).id, reason)
  // of another room
  await report(ada, (await send(bob, await makeRoom(ada, [bob]), 'hello')).id, '4')
  const page = await reports(ada, roomId)
  expect(page.nodes.map(({ reason }) => reason)).toEqual(['3', '2'])
  expect(page.pageInfo.hasNextPage).toBe(true)
  const rest = await reports(ada, roomId, `, after: "${page.pageInfo.endCursor}"`)
  expect(rest.nodes.map(({ reason }) => reason)).toEqual(['1'])
  expect(rest.pageInfo.hasNextPage).toBe(false)
  expect(await ada.fail(list(', after: "WyJ4Il0"'), { id: roomId })).toBe('BAD_USER_INPUT')
})

test('reports that no moderator sees reach the operator, who resolves them', async ({ one, db, databaseUrl }) => {
  await db.report.updateMany({ data: { resolvedAt: new Date(), body: null } })
  const { username, id: adaId } = (await newUser(one, { displayName: 'Ada' })).viewer.user
  const { accessToken: token, refreshToken } = await enter(one, 'signIn', { username, password })
  const ada = new Client(one, { token, refreshToken, userId: adaId, name: 'Ada' })
  const [bob, cyd] = [await guest(one, 'Bob'), await guest(one, 'Cyd')]
  const [lobby, own] = [await makeRoom(ada, [bob, cyd]), await makeRoom(bob, [ada], 'Of Bob')]
  const inDirect = await sendFile(bob, await openDirect(ada, bob), 'two\nlines\u001b[2J')
  const ofOwner = await send(bob, own, 'of the only moderator')
  const moderated = await send(bob, lobby, 'of a member')
  const ids = []
  for (const { id } of [inDirect, ofOwner, moderated]) ids.push((await report(ada, id, 'rude')).id)
  const [first = '', second = '', third = ''] = ids
  const run = (...args: string[]) => kabar(databaseUrl, ['reports', ...args])

  const { code, out } = await run('list')
  expect(code).toBe(0)
  const [ofDirect, ofRoom, ...others] = out.split('\n\n')
  expect(others).toEqual([])
  expect(ofDirect?.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^${first}  .*Z  in a direct room$`)),
    `  by      Ada (${username}, ${adaId})`,
    '  reason  rude',
    `  author  Bob (guest, ${bob.userId})`,
    '  body    two lines [2J',
    expect.stringMatching(/^ {2}file {4}bad\.png \(image\/png, \d+ bytes\)$/),
  ])
  expect(ofRoom).toContain(`${second}  `)
  expect(ofRoom).toMatch(/in the room Of Bob \(\w{8}\)$/m)
  expect((await run('list', '--all')).out).toContain(third)

  expect(await run('resolve', first)).toMatchObject({ code: 0, out: `Resolved ${first}.` })
  expect(await run('resolve', first)).toMatchObject({ code: 0, out: `Resolved ${first}.` })
  expect(await db.report.count({ where: { id: uuidOf(first), resolvedAt: { not: null } } })).toBe(1)
  // another moderator sees it now
  await setRole(db, own, ada, 'ADMIN')
  expect((await run('list')).out).toBe('There are no reports.')
  expect(await run('resolve', formatId('Report', newUuid()))).toMatchObject({
    code: 1,
    err: expect.stringContaining('does not exist'),
  })
  expect(await run('resolve', 'nonsense')).toMatchObject({ code: 1, err: expect.stringContaining('REPORT') })
})

test('an operator is shown the oldest reports, and no more than the bound', async ({ one, db, databaseUrl }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await openDirect(ada, bob)
  const { id } = await send(bob, roomId, 'rude')
  const message = await db.message.findUniqueOrThrow({ where: { id: uuidOf(id) } })
  const rows = Array.from({ length: limits.reportsShownMax }, (_, index) => {
    return { ...message, id: newUuid(), number: index + 2, seq: index + 100, nonce: null }
  })
  await db.message.createMany({ data: rows })
  await db.report.createMany({
    data: rows.map((row, index) => ({
      ...{ id: newUuidIn(row.roomId), messageId: row.id, roomId: row.roomId },
      ...{ reporterId: uuidOf(ada.userId), reason: `rude ${index}` },
      createdAt: new Date(index),
    })),
  })
  await report(ada, id, 'the newest')
  const { out } = await kabar(databaseUrl, ['reports', 'list'])
  expect(out.match(/^report_/gm)).toHaveLength(limits.reportsShownMax)
  expect(out).toContain('rude 0')
  expect(out).not.toContain('the newest')
})

test('a report keeps what was said and its files, for those who moderate, until it is resolved', async ({
  one,
  db,
}) => {
  const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { id: messageId, mediaId } = await sendFile(bob, roomId, 'something bad')
  const { id } = await report(cyd, messageId, 'bad')
  await bob.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "nice" }) { message { id } } }', {
    id: messageId,
  })
  // reporting it again gives another reason, and takes nothing away
  await report(cyd, messageId, 'very bad')
  await bob.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
    id: messageId,
  })
  const query = `query ($id: ID!) { room(id: $id) { reports { nodes { body attachments { id url } message { body attachments { id } } } } } }`
  type Kept = {
    room: { reports: { nodes: { body: string | null; attachments: { id: string; url: string }[]; message: object }[] } }
  }
  const kept = async () => (await ada.call<Kept>(query, { id: roomId })).room.reports.nodes[0]
  expect(await kept()).toMatchObject({
    body: 'something bad',
    attachments: [{ id: mediaId }],
    message: { body: '', attachments: [] },
  })
  const node = 'query ($id: ID!) { node(id: $id) { id } }'
  expect(await ada.call(node, { id: mediaId })).toEqual({ node: { id: mediaId } })
  for (const client of [bob, cyd]) expect(await client.call(node, { id: mediaId })).toEqual({ node: null })
  await ada.call(resolveReport, { id })
  expect(await kept()).toMatchObject({ body: null, attachments: [] })
  expect(await db.media.count({ where: { id: uuidOf(mediaId) } })).toBe(0)
})
