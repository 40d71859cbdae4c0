// Files of reported messages: operators see them as long as the report is open, whatever became of message and room.

import { expect } from 'vitest'
import { prune } from '../../src/account/retention/service.ts'
import { deletionLimits } from '../../src/config/rooms.ts'
import { finishDeletions } from '../../src/rooms/deletion/service.ts'
import type { KabarServer } from '../../src/server.ts'
import { holdChore } from '../support/chores.ts'
import { type Client, guest, makeRoom, post } from '../support/client.ts'
import { test as base, uuidOf } from '../support/members.ts'
import { newOperator } from '../support/operators.ts'
import { anyBytes, at, picture, upload } from '../support/uploads.ts'

/** Chores are done by the tests alone. */
const test = base
  .extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
    onCleanup(await holdChore(databaseUrl, 'deleted rooms'))
  })
  .extend('operator', { scope: 'file' }, async ({ one }) => newOperator(one))

const running = new AbortController().signal
const dayMs = 86_400_000

interface Reported {
  readonly one: KabarServer
  readonly owner: Client
  readonly author: Client
  readonly roomId: string
  readonly messageId: string
  readonly reportId: string
  readonly operator: Client
}

const deleteMessage = ({ author, messageId: id }: Reported) =>
  author.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id })
const deleteRoom = ({ owner, roomId: id }: Reported) =>
  owner.call('mutation ($id: ID!) { deleteRoom(input: { roomId: $id }) { roomId } }', { id })
const resolve = ({ operator, reportId: id }: Reported) =>
  operator.call('mutation ($id: ID!) { resolveAnyReport(input: { reportId: $id }) { reportId } }', { id })

/** Lets a deleted room grow older than a bound, and purges it if that is due. */
async function age({ one, roomId }: Reported, ms: number): Promise<void> {
  const deletedAt = new Date(Date.now() - ms - 1_000)
  await one.parts.db.room.updateMany({ where: { id: uuidOf(roomId), deletedAt: { not: null } }, data: { deletedAt } })
  await finishDeletions(one.parts, running)
}

/** Lets all messages of the room end by MESSAGE_DAYS. */
async function expire({ one: { parts }, roomId }: Reported): Promise<void> {
  const createdAt = new Date(Date.now() - 2 * dayMs)
  await parts.db.message.updateMany({ where: { roomId: uuidOf(roomId) }, data: { createdAt } })
  const retention = { ...parts.config.retention, messageDays: 1 }
  await prune({ ...parts, config: { ...parts.config, retention } })
}

interface State {
  readonly name: string
  readonly steps: readonly ((reported: Reported) => unknown)[]
  /** The users who see the files by their ids; an operator sees them in the report. */
  readonly seenBy: readonly string[]
  readonly end: readonly ((reported: Reported) => unknown)[]
  readonly isLeft?: true
}

const purged = (given: Reported) => age(given, deletionLimits.keptMs)
const states: readonly State[] = [
  { name: 'is there', steps: [], seenBy: ['owner', 'author', 'reporter'], end: [resolve], isLeft: true },
  { name: 'is deleted', steps: [deleteMessage], seenBy: ['owner'], end: [resolve] },
  { name: 'has expired in a deleted room', steps: [deleteRoom, purged, expire], seenBy: [], end: [resolve, purged] },
  {
    name: 'was in a room that was deleted 90 days ago',
    steps: [deleteRoom, purged],
    seenBy: [],
    end: [(given) => age(given, deletionLimits.reportedKeptMs)],
  },
]

const reports = `{ operator { reports(withModerated: true) { nodes {
  id attachments { id name mimeType bytes url thumbnailUrl message { id } }
} } } }`
interface Found {
  operator: { reports: { nodes: { id: string; attachments: { id: string; url: string; thumbnailUrl: string }[] }[] } }
}

test.for(states)(
  'nobody but operators sees files by a report whose message $name',
  async (state, { one, db, operator }) => {
    const [owner, author, reporter] = [await guest(one), await guest(one), await guest(one)]
    const stranger = await guest(one)
    const roomId = await makeRoom(owner, [author, reporter])
    const files = [
      await upload(author, anyBytes(300), { name: 'b.bin' }),
      await upload(author, await picture(), { name: 'a.png', mimeType: 'image/png' }),
    ]
    const input = { roomId, body: '', attachmentIds: files.map(({ id }) => id) }
    const { sendMessage: sent } = await author.call<{ sendMessage: { message: { id: string } } }>(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
      { input },
    )
    const messageId = sent.message.id
    const { reportMessage } = await reporter.call<{ reportMessage: { report: { id: string } } }>(
      'mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "rude" }) { report { id } } }',
      { id: messageId },
    )
    const reportId = reportMessage.report.id
    const reported = { one, owner, author, roomId, messageId, reportId, operator }
    for (const step of state.steps) await step(reported)

    const seen = async () => {
      const { operator: found } = await operator.call<Found>(reports)
      return found.reports.nodes.find(({ id }) => id === reportId)?.attachments ?? []
    }
    const [first, second] = await seen()
    expect([first, second]).toMatchObject(
      files.map(({ id, name, mimeType, bytes }) => ({ id, name, mimeType, bytes, message: null })),
    )
    const urls = [first?.url, second?.url, second?.thumbnailUrl].map((url) => at(operator, url ?? ''))
    const statuses = async () => Promise.all(urls.map(async (url) => (await fetch(url)).status))
    expect(await statuses()).toEqual([200, 200, 200])

    for (const [name, client] of Object.entries({ owner, author, reporter, stranger, operator })) {
      if (client !== operator) expect(await client.call(reports), name).toEqual({ operator: null })
      const byId = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
      const { nodes } = await client.call<{ nodes: ({ id: string } | null)[] }>(byId, { ids: input.attachmentIds })
      const isSeen = state.seenBy.includes(name)
      expect(nodes, name).toEqual(input.attachmentIds.map((id) => (isSeen ? { id } : null)))
    }
    expect((await post(one, { query: reports })).data).toEqual({ operator: null })

    for (const step of state.end) await step(reported)
    expect(await seen()).toEqual([])
    const count = await db.media.count({ where: { id: { in: input.attachmentIds.map(uuidOf) } } })
    expect(count).toBe(state.isLeft ? 2 : 0)
    expect(new Set(await statuses())).toEqual(new Set([state.isLeft ? 200 : 404]))
  },
)
