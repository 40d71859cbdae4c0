// Reads of a room besides its stream: pages of history, and data that events do not contain.

import type { StoredMessage } from '../api/entities.ts'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import {
  roomAroundQuery,
  roomHeadQuery,
  roomMembersQuery,
  roomSnapshotQuery,
  roomTailQuery,
} from '../operations/room.ts'
import { gapsIn, type Range } from '../store/ranges.ts'
import {
  putMembers,
  putMessage,
  putPage,
  type RoomData,
  roomDataOf,
  whileReading,
  withTold,
} from '../store/room-data.ts'
import { addWants, type Wants } from '../store/wants.ts'
import { type Ask, messagesIn } from './parts.ts'

/** Says that the viewer may not see a room, as one that does not exist. */
export function roomNotFound(): KabarError {
  return new KabarError('NOT_FOUND', 'The room does not exist, or the viewer is not a member of it.')
}

/** Reads a room anew: its newest messages, and the stretches that are held. */
export async function readRoom(
  ask: Ask,
  { roomId, viewerId, held }: { roomId: string; viewerId: string; held: readonly Range[] },
): Promise<RoomData> {
  const variables = { roomId, last: bounds.pageSize, members: bounds.pageSizeMax }
  const { room } = await ask(roomSnapshotQuery, variables)
  if (!room) throw roomNotFound()
  const data = roomDataOf(room, { roomId, viewerId })
  // what comes later may be newer than the cursor: it is told again by the stream
  for (const range of held) await fillGaps(ask, data, range)
  return data
}

/** Waits for the answer to a change of a message. Where an event may have overtaken it, the message is read again. */
export async function readAnswer(
  data: RoomData,
  answer: () => Promise<StoredMessage | null>,
): Promise<StoredMessage | null> {
  let message: StoredMessage | null = null
  await whileReading(data, answer, (stored) => {
    message = stored
    if (stored && data.told?.messages.has(stored.id)) data.wants = addWants(data.wants, { messages: [stored.id] })
  })
  return message
}

/** Reads what is missing of a stretch of numbers. */
export async function fillGaps(ask: Ask, data: RoomData, [from, to]: Range): Promise<void> {
  const newest = data.room?.messageCount ?? 0
  for (const gap of gapsIn(data.held, [Math.max(1, from), Math.min(to, newest)])) {
    let [next] = gap
    while (next <= gap[1]) {
      const last = Math.min(gap[1], next + bounds.readMax - 1)
      const page = await readAround(ask, data, [next, last])
      const end = page.at(-1)?.number ?? 0
      if (end < next) return // the server has fewer than it said: the next snapshot tells
      next = end + 1
    }
  }
}

async function readAround(ask: Ask, data: RoomData, [from, to]: Range): Promise<readonly StoredMessage[]> {
  const first = to - from + 1
  let page: readonly StoredMessage[] = []
  await whileReading(
    data,
    async () => {
      const variables = { roomId: data.roomId, around: from + Math.floor(first / 2), first }
      const { room } = await ask(roomAroundQuery, variables)
      if (!room) throw roomNotFound()
      return room.messages.nodes
    },
    (nodes) => {
      page = nodes
      putPage(data, nodes)
    },
  )
  return page
}

/** Reads what events did not tell. */
export async function readWants(ask: Ask, data: RoomData, wants: Wants): Promise<void> {
  const { roomId } = data
  if (wants.hidden !== null) await readTail(ask, data, wants.hidden)
  for (let at = 0; at < Math.max(wants.messages.length, wants.head ? 1 : 0); at += bounds.readMax) {
    const ids = wants.messages.slice(at, at + bounds.readMax)
    await whileReading(
      data,
      () => ask(roomHeadQuery, { roomId, ids }),
      ({ room, nodes }) => {
        if (room)
          data.viewer = { viewerMembership: room.viewerMembership, viewerCan: room.viewerCan, title: room.title }
        for (const message of messagesIn(nodes)) putRead(data, message)
      },
    )
  }
  // others see nobody's mute
  const role = data.viewer?.viewerMembership?.role
  if (wants.members && (role === 'ADMIN' || role === 'OWNER' || wants.head)) {
    await whileReading(
      data,
      () => ask(roomMembersQuery, { roomId, first: bounds.pageSizeMax, after: null }),
      ({ room }) =>
        room &&
        putMembers(
          data,
          room.members.nodes.filter(({ user }) => data.members.has(user.id)),
        ),
    )
  }
}

/** Puts a message that was read by its id, with what was told meanwhile on top. */
function putRead(data: RoomData, read: StoredMessage): void {
  putMessage(data, noted(data, read))
}

/** Notes a message that was read alone: a page that was asked for before, and comes later, has it as it was. */
function noted(data: RoomData, read: StoredMessage): StoredMessage {
  const message = withTold(data, read)
  const asked = Math.max(data.taking, data.told?.read.get(message.id)?.asked ?? 0)
  data.told?.read.set(message.id, { asked, message })
  return message
}

/** The newest hidden messages that are held. */
function hiddenOf({ messages }: RoomData): StoredMessage[] {
  const hidden = [...messages.values()].filter(({ isHidden }) => isHidden).sort((a, b) => a.number - b.number)
  return hidden.slice(-bounds.hiddenReadMax)
}

/** Reads the newest messages, and the hidden ones that are held: somebody blocked has sent or edited one of them. */
async function readTail(ask: Ask, data: RoomData, after: number): Promise<void> {
  const { roomId } = data
  const ids = hiddenOf(data).map(({ id }) => id)
  let pageFrom = 0
  await whileReading(
    data,
    () => ask(roomTailQuery, { roomId, last: bounds.pageSize, ids }),
    ({ room, nodes }) => {
      if (!room) return
      putPage(data, room.messages.nodes)
      pageFrom = room.messages.nodes[0]?.number ?? 0
      for (const message of messagesIn(nodes)) putRead(data, message)
      const messageCount = Math.max(room.messageCount, data.room?.messageCount ?? 0)
      if (data.room) data.room = { ...data.room, messageCount }
    },
  )
  // what events have passed over is hidden, and more than one page of it where somebody was away for long
  const count = data.room?.messageCount ?? 0
  await fillGaps(ask, data, [Math.max(after, count - bounds.messagesPerRoomMax) + 1, count])
  // answers that are hidden are told by no event: older messages count theirs, and only a read tells how many
  const answered = hiddenOf(data).flatMap(({ replyTo }) => (replyTo && replyTo.number < pageFrom ? [replyTo.id] : []))
  data.wants = addWants(data.wants, { messages: answered })
}
