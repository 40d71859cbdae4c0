import { randomUUID } from 'node:crypto'
import { fromUUID } from 'typeid-js'
import { expect, test } from 'vitest'
import { formatId, splitId } from '../../src/input/ids.ts'

test('ids are formatted as typeid-js formats them, and parsed back', () => {
  const extremes = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
  const uuids = [...extremes, ...Array.from({ length: 1_000 }, () => randomUUID())]
  expect(uuids.map((uuid) => formatId('Message', uuid))).toEqual(uuids.map((uuid) => fromUUID(uuid, 'msg')))
  for (const uuid of uuids) expect(splitId(formatId('Room', uuid))).toEqual({ type: 'Room', uuid })
})
