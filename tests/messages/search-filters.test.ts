import { expect } from 'vitest'
import { searchLimits } from '../../src/config/search.ts'
import { sqlOfPrisma } from '../../src/database/sql.ts'
import { indexMessages } from '../../src/messages/search/reindex.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { block } from '../support/friends.ts'
import { test, uuidOf } from '../support/members.ts'
import { member } from '../support/mentions.ts'
import { anyBytes, picture, upload } from '../support/uploads.ts'

const searchQuery = `query ($query: String!, $roomId: ID, $filter: SearchMessagesFilter, $first: Int, $after: String) {
  searchMessages(query: $query, roomId: $roomId, filter: $filter, first: $first, after: $after) { nodes { number body } }
}`
const sendMutation = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }`

/** The numbers of the messages that a search finds, the newest first. */
async function numbers(client: Client, query: string, given: Record<string, unknown> = {}): Promise<number[]> {
  const { searchMessages } = await client.call<{ searchMessages: { nodes: { number: number }[] } }>(searchQuery, {
    query,
    ...given,
  })
  return searchMessages.nodes.map(({ number }) => number)
}

async function sendFile(
  client: Client,
  roomId: string,
  { name, bytes, mimeType, body = '' }: { name: string; bytes: Uint8Array; mimeType?: string; body?: string },
) {
  const { id } = await upload(client, bytes, { name, ...(mimeType && { mimeType }) })
  const { sendMessage } = await client.call<{ sendMessage: { message: { id: string } } }>(sendMutation, {
    input: { roomId, body, attachmentIds: [id] },
  })
  return sendMessage.message
}

test('names of files are searched, also where the body is blank', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id } = await sendFile(ada, roomId, { name: 'Quarterly-report-2026.pdf', bytes: anyBytes(10), body: 'see' })
  await sendFile(ada, roomId, { name: 'Über camelCase.txt', bytes: anyBytes(10) })
  for (const query of ['quarterly', 'Quarterly-report-2026.pdf', 'report-2026', '2026', 'pdf', 'see quart']) {
    expect(await numbers(ada, query), query).toEqual([1])
  }
  for (const query of ['uber', 'case', 'camelcase.txt']) expect(await numbers(ada, query), query).toEqual([2])
  // the body and the name are no phrase
  expect(await numbers(ada, '"see quarterly"')).toEqual([])
  await ada.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "look" }) { message { id } } }', {
    id,
  })
  for (const query of ['look', 'quarterly', 'look pdf']) expect(await numbers(ada, query), query).toEqual([1])
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id })
  expect(await numbers(ada, 'quarterly')).toEqual([])
})

test('a filter limits a search to an author, a time, parts of a message and mentions', async ({ one, db }) => {
  const [ada, bob] = [await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob])
  await send(ada, roomId, 'tea: https://example.com')
  await send(bob, roomId, `tea for @${ada.name}`)
  await sendFile(bob, roomId, { name: 'tea.png', bytes: await picture(), mimeType: 'image/png' })
  await sendFile(ada, roomId, { name: 'tea.txt', bytes: anyBytes(5), body: 'www.example.com' })
  const times = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'].map((day) => new Date(`${day}T12:00:00Z`))
  for (const [index, createdAt] of times.entries()) {
    await db.message.updateMany({ where: { roomId: uuidOf(roomId), number: index + 1 }, data: { createdAt } })
  }
  const at = (index: number) => times[index]?.toISOString()
  const rows: readonly [filter: Record<string, unknown>, found: readonly number[]][] = [
    [{}, [4, 3, 2, 1]],
    [{ authorId: bob.userId }, [3, 2]],
    [{ authorId: ada.userId, has: ['LINK'] }, [4, 1]],
    [{ has: ['LINK'] }, [4, 1]],
    [{ has: ['FILE'] }, [4, 3]],
    [{ has: ['IMAGE'] }, [3]],
    [{ has: ['LINK', 'FILE'] }, [4]],
    [{ has: ['LINK', 'IMAGE'] }, []],
    [{ has: [] }, [4, 3, 2, 1]],
    [{ sentBefore: at(2) }, [2, 1]],
    [{ sentAfter: at(2) }, [4, 3]],
    [{ sentAfter: at(1), sentBefore: at(3) }, [3, 2]],
    [{ mentionsViewer: true }, [2]],
    [{ mentionsViewer: false }, [4, 3, 2, 1]],
    [{ mentionsViewer: true, authorId: ada.userId }, []],
  ]
  for (const [filter, found] of rows) {
    for (const given of [{}, { roomId }]) {
      expect(await numbers(ada, 'tea', { filter, ...given }), JSON.stringify(filter)).toEqual(found)
    }
    const isFiltered = Object.values(filter).some((value) => value !== false && value?.toString() !== '')
    if (isFiltered) expect(await numbers(ada, ' ', { filter }), JSON.stringify(filter)).toEqual(found)
    else expect(await ada.fail(searchQuery, { query: ' ', filter }), JSON.stringify(filter)).toBe('BAD_USER_INPUT')
  }
  expect(await numbers(ada, '-png', { filter: { has: ['FILE'] } })).toEqual([4])
  expect(await ada.fail(searchQuery, { query: '', filter: { authorId: roomId } })).toBe('BAD_USER_INPUT')
  expect(await ada.fail(searchQuery, { query: '', filter: { has: ['LINK', 'LINK', 'FILE', 'FILE'] } })).toBe(
    'BAD_USER_INPUT',
  )
  await block(ada, bob)
  expect(await numbers(ada, '', { filter: { authorId: bob.userId } })).toEqual([])
})

test('messages that were stored without words are indexed by a chore, which goes on where it was interrupted', async ({
  one,
  db,
}) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id } = await sendFile(ada, roomId, { name: 'forgotten.pdf', bytes: anyBytes(3), body: 'zebra' })
  const count = searchLimits.messagesPerWriteMax + 10
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, body)
    select gen_random_uuid(), ${uuidOf(roomId)}::uuid, 10 + place, 10 + place, ${uuidOf(ada.userId)}::uuid, 'zebra ' || place
    from generate_series(1, ${count}::integer) as place`
  await db.$executeRaw`update messages set terms = null, terms_version = 0 where id = ${uuidOf(id)}::uuid`
  expect(await numbers(ada, 'zebra')).toEqual([])
  const sql = sqlOfPrisma(db)
  const waiting = async () => {
    const [row] = await db.$queryRaw<{ count: bigint }[]>`select count(*) from messages where terms_version < 1`
    return Number(row?.count)
  }
  expect(await waiting()).toBe(count + 1)
  // interrupted after its first statement
  const stop = new AbortController()
  const interrupted: typeof sql = async (statement) => {
    const rows = await sql<never>(statement)
    if (statement.text.includes('writeTerms')) stop.abort()
    return rows
  }
  expect(await indexMessages(interrupted, stop.signal)).toBe(searchLimits.messagesPerWriteMax)
  expect(await waiting()).toBe(11)
  expect(await indexMessages(sql)).toBe(11)
  expect(await waiting()).toBe(0)
  expect(await numbers(ada, `zebra ${count}`)).toEqual([10 + count])
  expect(await numbers(ada, 'forgotten.pdf')).toEqual([1])
  expect(await indexMessages(sql)).toBe(0)
  const [, plan] = await db.$transaction([
    db.$executeRaw`set local enable_seqscan = off`,
    db.$queryRaw<{ 'QUERY PLAN': string }[]>`
      explain select id from messages where terms_version < 1 and body is not null order by id limit 50`,
  ])
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('messages_unindexed_idx')
})
