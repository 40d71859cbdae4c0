// The bounds of what the client holds: each number of config.ts, and one past it.

import { expect, onTestFinished, test, vi } from 'vitest'
import type { StoredMessage } from '../src/api/entities.ts'
import { bounds } from '../src/config.ts'
import { createOutbox } from '../src/outbox/outbox.ts'
import { guarded, pruneRooms } from '../src/persistence/guarded.ts'
import { memoryPersistence } from '../src/persistence/memory.ts'
import { createRoomData, putPage, trim } from '../src/store/room-data.ts'
import { createDelivery } from '../src/sync/delivery.ts'
import { createRooms } from '../src/sync/rooms.ts'
import { createWriter } from '../src/sync/writer.ts'

const message = (number: number): StoredMessage => ({
  ...{ __typename: 'Message', id: `msg_${number}`, number, kind: 'TEXT', action: null, body: '', nonce: null },
  ...{
    isHidden: false,
    isSaved: false,
    createdAt: '',
    editedAt: null,
    deletedAt: null,
    expiresAt: null,
    pinnedAt: null,
  },
  ...{ replyCount: 0, author: null, actor: null, subject: null, replyTo: null, mentions: [], mentionedGroup: null },
  ...{ attachments: [], reactions: [] },
})

test(`a room holds ${bounds.messagesPerRoomMax} messages, and with one more the newest page and those around the focus`, () => {
  const data = createRoomData('room', 'viewer')
  const numbers = Array.from({ length: bounds.messagesPerRoomMax }, (_, index) => index + 1)
  putPage(data, numbers.map(message))
  trim(data, 1)
  expect(data.messages.size).toBe(bounds.messagesPerRoomMax)
  putPage(data, [message(bounds.messagesPerRoomMax + 1)])
  trim(data, 1)
  const { messagesPerRoomMax: most, pageSize } = bounds
  expect(data.held).toEqual([
    [1, most - pageSize],
    [most - pageSize + 2, most + 1],
  ])
  expect([data.messages.size, data.numbers.size]).toEqual([bounds.messagesPerRoomMax, bounds.messagesPerRoomMax])
})

test(`an outbox takes ${bounds.outboxMax} changes, and refuses one more`, async () => {
  const outbox = createOutbox({
    ...{ tabId: 'tab', tables: null, isTabAlive: async () => false, answered: () => false },
    // nothing is ever answered
    perform: () => new Promise(() => {}),
    changed() {},
    failedToKeep() {},
  })
  onTestFinished(() => outbox.close())
  const pin = { kind: 'pin', messageId: 'msg_1' } as const
  for (let count = 0; count < bounds.outboxMax; count++) outbox.add('room', pin).catch(() => {})
  await expect(outbox.add('room', pin)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(outbox.of('room')).toHaveLength(bounds.outboxMax)
})

test('a send that is answered again by the same message is not sent a third time', async () => {
  const answer = { id: 'msg_1', number: 7 } as StoredMessage
  let sends = 0
  const outbox = createOutbox({
    ...{ tabId: 'tab', tables: null, isTabAlive: async () => false },
    // the store does not hold it: it is older than what it has read
    answered: () => true,
    async perform() {
      sends += 1
      return answer
    },
    changed() {},
    failedToKeep() {},
  })
  onTestFinished(() => outbox.close())
  const change = { kind: 'send', body: 'hello', replyToId: null, attachmentIds: [], files: [] } as const
  const sending = outbox.add('room', change)
  await expect.poll(() => outbox.of('room').map(({ state }) => state)).toEqual(['done'])
  outbox.passed('room', 6)
  expect(sends).toBe(1)
  outbox.passed('room', 7)
  expect(await sending).toBe(answer)
  outbox.passed('room', Number.POSITIVE_INFINITY)
  expect(sends).toBe(2)
})

test(`${bounds.roomsMax} rooms are held and kept, the one that was used least recently goes first`, async () => {
  const rooms = createRooms({
    ...{ viewerId: 'viewer', tables: null, keeper: null, verify: 'never', absoluteUrl: (path) => path },
    ask: () => new Promise(() => {}),
    follow: () => () => {},
    outbox: createOutbox({
      ...{ tabId: 'tab', tables: null, isTabAlive: async () => false, answered: () => false },
      ...{ perform: () => new Promise(() => {}), changed() {}, failedToKeep() {} },
    }),
    ...{ onDivergence() {}, onError() {}, statusChanged() {}, roomChanged() {}, isMember: () => true },
    ...{ wasRead() {}, wasMarkedUnread() {}, place() {} },
  })
  onTestFinished(() => rooms.close())
  const [first, ...others] = Array.from({ length: bounds.roomsMax }, (_, index) => rooms.of(`room_${index}`))
  expect(rooms.of('room_0')).toBe(first)
  // a room that somebody listens to stays, however long ago it was opened
  onTestFinished(others[0]?.room.subscribe(() => {}) ?? (() => {}))
  rooms.of('room_more')
  expect(rooms.of('room_1')).toBe(others[0])
  expect(rooms.of('room_0')).not.toBe(first)

  // those that are listened to at once stay, until nobody does
  const ids = Array.from({ length: bounds.roomsMax + 2 }, (_, index) => `followed_${index}`)
  const stops = ids.map((id) => rooms.of(id).room.subscribe(() => {}))
  expect(rooms.open.length).toBeGreaterThan(ids.length)
  for (const stop of stops) stop()
  rooms.of('room_last')
  expect(rooms.open.length).toBeLessThan(bounds.roomsMax)

  const tables = await guarded(memoryPersistence(), 'scope', () => {})
  const heads = Array.from({ length: bounds.roomsMax + 1 }, (_, usedAt) => ({ usedAt }))
  await tables?.write(heads.map((value) => ({ table: 'rooms', key: `room_${value.usedAt}`, value })))
  if (tables) await pruneRooms(tables)
  const kept = (await tables?.all('rooms')) ?? []
  expect(kept).toHaveLength(bounds.roomsMax)
  expect(kept.map(({ key }) => key)).not.toContain('room_0')
})

test('what waits for a moment does nothing any more after its end', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const tables = await memoryPersistence().open('scope')
  let collects = 0
  const collect = () => {
    collects += 1
    return []
  }
  const writer = createWriter(tables, { collect, failed() {} })
  writer.due()
  writer.close()
  writer.due()
  const added: unknown[] = []
  const delivery = createDelivery('room', { outbox: { add: async (...of: unknown[]) => void added.push(of) } } as never)
  const data = createRoomData('room', 'viewer')
  data.room = { messageCount: 1 } as never
  data.viewer = { viewerMembership: { lastReadNumber: 0, lastDeliveredNumber: 0 } } as never
  delivery.reached(data)
  delivery.close()
  delivery.reached(data)
  expect(vi.getTimerCount()).toBe(0)
  await vi.runAllTimersAsync()
  expect([collects, added]).toEqual([0, []])
})
