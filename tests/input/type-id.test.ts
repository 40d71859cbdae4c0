import { randomUUID } from 'node:crypto'
import { fromString, fromUUID, toUUID } from 'typeid-js'
import { expect, test } from 'vitest'
import { formatId, splitId } from '../../src/input/ids.ts'

const extremes = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
const uuids = [...extremes, ...Array.from({ length: 1_000 }, () => randomUUID())]

test('ids are formatted as typeid-js formats them, and parsed back', () => {
  expect(uuids.map((uuid) => formatId('Message', uuid))).toEqual(uuids.map((uuid) => fromUUID(uuid, 'msg')))
  for (const uuid of uuids) expect(splitId(formatId('Room', uuid))).toEqual({ type: 'Room', uuid })
})

test('what is one character away from an id is parsed as typeid-js parses it', () => {
  const characters = ['0', '7', '8', 'a', 'z', 'i', 'l', 'o', 'u', 'A', 'Z', '_', '-', ' ', 'é', '\u{1F600}', '']
  for (const [index, uuid] of uuids.slice(0, 300).entries()) {
    const id = formatId('Room', uuid)
    const place = 'room_'.length + (index % 27)
    for (const character of characters) {
      const other = id.slice(0, place) + character + id.slice(place + 1)
      expect(splitId(other), other).toEqual(parsedByTypeIdJs(other))
    }
  }
  for (const text of ['', '_', 'room', 'room_', 'rooms_01h455vb4pex5vsknk084sn02q', '_01h455vb4pex5vsknk084sn02q'])
    expect(splitId(text), text).toBeNull()
})

function parsedByTypeIdJs(id: string) {
  try {
    return { type: 'Room', uuid: toUUID(fromString(id, 'room')) }
  } catch {
    return null
  }
}
