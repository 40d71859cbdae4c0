import { expect, test } from 'vitest'
import { emptyAccount, emptyPeople, emptyRoom, emptyRooms } from '../src/store/empty-states.ts'
import { createRoomData } from '../src/store/room-data.ts'
import { createRoomViewer } from '../src/store/room-view.ts'
import { createViewerData } from '../src/store/viewer-data.ts'
import { accountOf, createRoomsViewer, peopleOf } from '../src/store/viewer-view.ts'

const nothing = createViewerData('')
const room = createRoomViewer()(createRoomData('room_1', ''), {
  ...{
    status: 'loading',
    error: null,
    isLive: false,
    isLoadingOlder: false,
    isLoadingNewer: false,
    around: 1,
    records: [],
  },
  ...{ absoluteUrl: String, retry() {}, discard() {} },
})

for (const { name, empty, made } of [
  { name: 'the rooms', empty: emptyRooms, made: createRoomsViewer()(nothing, null) },
  { name: 'the account', empty: emptyAccount, made: accountOf(nothing) },
  { name: 'the people', empty: emptyPeople, made: peopleOf(nothing, null) },
  { name: 'a room', empty: { ...emptyRoom('room_1'), at: null }, made: { ...room, at: null } },
]) {
  test(`${name} before anything is read are what the store makes of nothing`, () => {
    expect(empty).toEqual(made)
  })
}

test('a room that is not read has no message, and forbids everything', () => {
  const { at, can } = emptyRoom('room_1')
  expect([at(1), can.send]).toEqual([undefined, { allowed: false, code: 'FORBIDDEN', retryAfterMs: null }])
})
