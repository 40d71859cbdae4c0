import { expect } from 'vitest'
import { limits } from '../src/config.ts'
import { type Client, guest, makeRoom, send } from './setup/client.ts'
import { leaveRoom, openDirect, setRole, test } from './setup/members.ts'

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

test('members report a message once each, and admins read and resolve it', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await guest(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
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
  await setRole(db, roomId, bob, 'ADMIN')
  expect(await bob.call(resolveReport, { id: first.id })).toEqual({ resolveReport: resolved })
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
  for (const reason of ['1', '2', '3']) await report(bob, (await send(ada, roomId, 'hello')).id, reason)
  // of another room
  await report(bob, (await send(ada, await makeRoom(ada, [bob]), 'hello')).id, '4')
  const page = await reports(ada, roomId)
  expect(page.nodes.map(({ reason }) => reason)).toEqual(['3', '2'])
  expect(page.pageInfo.hasNextPage).toBe(true)
  const rest = await reports(ada, roomId, `, after: "${page.pageInfo.endCursor}"`)
  expect(rest.nodes.map(({ reason }) => reason)).toEqual(['1'])
  expect(rest.pageInfo.hasNextPage).toBe(false)
  expect(await ada.fail(list(', after: "WyJ4Il0"'), { id: roomId })).toBe('BAD_USER_INPUT')
})
