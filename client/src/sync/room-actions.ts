import type { Draft } from '../api/message.ts'
import type { RoomActions } from '../api/room.ts'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import { roomMembersQuery, setTypingMutation } from '../operations/room.ts'
import type { Change, OutboxFile } from '../outbox/records.ts'
import { hasNumber } from '../store/ranges.ts'
import { putMembers, whileReading } from '../store/room-data.ts'
import { unreadAfter } from '../store/unread.ts'
import type { SyncParts } from './parts.ts'
import { fillGaps } from './room-reads.ts'
import type { RoomSync } from './room-sync.ts'

/** Makes what one does in a room. */
export function createRoomActions(roomId: string, room: RoomSync, parts: SyncParts): RoomActions {
  const { ask, outbox } = parts
  let typedAt = 0

  async function change(made: Change): Promise<void> {
    await outbox.add(roomId, made)
  }

  const newest = () => room.data.room?.messageCount ?? 0

  async function load(from: number, to: number): Promise<void> {
    const last = Math.min(to, newest())
    const middle = Math.floor((from + last) / 2)
    const half = Math.floor(bounds.pageSizeMax / 2)
    const before = room.focus.number
    const focus = last === newest() && last - from < bounds.pageSizeMax ? Number.POSITIVE_INFINITY : middle
    room.focus.move(focus)
    try {
      await fillGaps(ask, room.data, [Math.max(from, middle - half + 1), Math.min(last, middle + half)])
    } finally {
      // what the server does not give cannot be looked at
      const isThere = hasNumber(room.data.held, Math.min(focus, newest()))
      if (room.focus.number === focus) room.focus.move(isThere ? focus : before)
    }
  }

  async function loadOlder(): Promise<void> {
    const first = room.focus.run?.[0] ?? newest() + 1
    const begin = room.data.viewer?.viewerMembership?.historyFrom ?? 1
    if (first <= begin) return
    room.setLoading({ older: true })
    try {
      await load(Math.max(begin, first - bounds.pageSize), first - 1)
    } finally {
      room.setLoading({ older: false })
    }
  }

  async function loadNewer(): Promise<void> {
    const next = (room.focus.run?.[1] ?? newest()) + 1
    if (next > newest()) return
    room.setLoading({ newer: true })
    try {
      await load(next, next + bounds.pageSize - 1)
    } finally {
      room.setLoading({ newer: false })
    }
  }

  async function showNewest(): Promise<void> {
    room.focus.move(Number.POSITIVE_INFINITY)
    // it is held nearly always
    if (!hasNumber(room.data.held, newest())) await load(Math.max(1, newest() - bounds.pageSize + 1), newest())
  }

  return {
    async send(draft) {
      room.focus.move(Number.POSITIVE_INFINITY)
      const sent = await outbox.add(roomId, changeOf(draft), draft.nonce)
      if (!sent) throw new KabarError('INTERNAL', 'The server stored the message without saying how. Read the room.')
      parts.wasRead(roomId, sent.number)
      return sent
    },
    edit: (messageId, body) => change({ kind: 'edit', messageId, body }),
    remove: (messageId) => change({ kind: 'delete', messageId }),
    react: (messageId, emoji) => change({ kind: 'react', messageId, emoji }),
    unreact: (messageId, emoji) => change({ kind: 'unreact', messageId, emoji }),
    pin: (messageId) => change({ kind: 'pin', messageId }),
    unpin: (messageId) => change({ kind: 'unpin', messageId }),
    save: (messageId) => change({ kind: 'save', messageId }),
    unsave: (messageId) => change({ kind: 'unsave', messageId }),
    async removeOwn() {
      const { deleteMyMessagesMutation } = await import('../operations/lists.ts')
      let removed = 0
      for (;;) {
        const { result } = await ask(deleteMyMessagesMutation, { input: { roomId } })
        removed += result.count
        if (!result.hasMore) return removed
      }
    },
    async markRead(given) {
      const number = given === undefined ? newest() : checked(given)
      if (number >= newest()) room.focus.move(Number.POSITIVE_INFINITY)
      const membership = room.data.viewer?.viewerMembership
      if (number === 0 || (membership && unreadAfter(membership) >= number)) return
      parts.wasRead(roomId, number)
      await change({ kind: 'read', number })
    },
    async markUnread(number) {
      checked(number)
      parts.wasMarkedUnread(roomId, number)
      await change({ kind: 'unread', number })
    },
    keystroke() {
      if (Date.now() - typedAt < bounds.keystrokeMs || !room.isLive) return
      typedAt = Date.now()
      // nobody misses it
      ask(setTypingMutation, { input: { roomId, isTyping: true } }).catch(() => {})
    },
    loadOlder,
    loadNewer,
    showNewest,
    async load(from, to) {
      if (checked(from) > checked(to)) throw badNumber(`It must not be after ${to}, where the stretch ends.`, from)
      await load(from, to)
    },
    async loadMoreMembers() {
      const { data } = room
      const after = data.membersAfter
      if (after === null) return
      const read = () => ask(roomMembersQuery, { roomId, first: bounds.pageSizeMax, after })
      await whileReading(data, read, (answer) => {
        if (!answer.room || data.membersAfter !== after) return
        const { nodes, pageInfo } = answer.room.members
        data.membersAfter = pageInfo.hasNextPage ? pageInfo.endCursor : null
        putMembers(data, nodes)
      })
      room.changed()
    },
    // loaded when it is needed first
    verify: async () => (await import('./verify.ts')).verifyRoom(room, parts),
  }
}

/** @throws KabarError BAD_USER_INPUT for what is no number of a message. */
function checked(number: number): number {
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw badNumber('It must be a whole number from 1.', number)
}

function badNumber(rule: string, number: number): KabarError {
  return new KabarError('BAD_USER_INPUT', `${number} is no number of a message here. ${rule}`)
}

function changeOf({ body, replyToId = null, files = [], attachmentIds = [] }: Draft): Change {
  const waiting = files.map((file, index): OutboxFile => {
    const name = 'name' in file && typeof file.name === 'string' ? file.name : `file ${index + 1}`
    return { file, name, mediaId: null, uploadUrl: null, isUploaded: false }
  })
  return { kind: 'send', body, replyToId: replyToId ?? null, attachmentIds: [...attachmentIds], files: waiting }
}
