// Makes what a page shows of what is held, what is on its way, and what is known of people.

import type { Member, StoredMessage } from '../api/entities.ts'
import type { Attachment, Message } from '../api/message.ts'
import type { RoomState } from '../api/room.ts'
import { type OutboxRecord, thrownOf } from '../outbox/records.ts'
import { deliveryOf, floorsOf } from './delivery-floors.ts'
import { applyOptimistically, overlaysOf } from './optimistic.ts'
import { permissionsOf } from './permissions.ts'
import { type RoomData, runAround } from './room-data.ts'
import { titleOf } from './room-title.ts'
import { firstUnread, unreadAfter } from './unread.ts'

/** The inputs of a view besides the data. */
export interface RoomViewParts {
  readonly status: RoomState['status']
  readonly error: RoomState['error']
  readonly isLive: boolean
  readonly isLoadingOlder: boolean
  readonly isLoadingNewer: boolean
  /** The number that `messages` are shown around. */
  readonly around: number
  /** Unsent changes of this room, oldest first. */
  readonly records: readonly OutboxRecord[]
  absoluteUrl(path: string): string
  retry(key: string): void
  discard(key: string): void
}

/** Makes views of one room. Messages and members that did not change stay the same objects. */
export function createRoomViewer(): (data: RoomData, parts: RoomViewParts) => RoomState {
  const members = new WeakMap<Member, Member>()
  const cache = new Map<string, { readonly of: readonly unknown[]; readonly view: Message }>()
  return (data, parts) => {
    const overlays = overlaysOf(parts.records)
    const floors = floorsOf(data)
    const show = (message: StoredMessage): Message => {
      const overlay = overlays.get(message.id) ?? none
      const author = message.author && (data.users.get(message.author.id) ?? message.author)
      const quote = message.replyTo && (data.quotes.get(message.replyTo.id) ?? message.replyTo)
      const delivery = author?.id === data.viewerId ? deliveryOf(message.number, floors) : null
      const of = [message, author, quote, delivery, ...overlay]
      const known = cache.get(message.id)
      if (known && isSame(known.of, of)) return known.view
      const stored = { ...message, author, replyTo: quote }
      const view = viewOf(stored, { overlay, delivery, parts, viewerId: data.viewerId })
      cache.set(message.id, { of, view })
      return view
    }
    const showMember = (member: Member): Member => {
      const user = data.users.get(member.user.id)
      if (!user || user === member.user) return member
      const known = members.get(member)
      const view = known?.user === user ? known : { ...member, user }
      members.set(member, view)
      return view
    }
    const views = new Map<number, Message>()
    const at = (number: number) => {
      const known = views.get(number)
      if (known) return known
      const message = data.messages.get(number)
      if (!message) return undefined
      const view = show(message)
      views.set(number, view)
      return view
    }
    if (cache.size > 4 * data.messages.size + 100) cache.clear()
    return stateOf(data, parts, { at, show, showMember })
  }
}

const none: readonly OutboxRecord[] = []

/** Makes what is shown of what is held. */
interface Shown {
  at(number: number): Message | undefined
  show(message: StoredMessage): Message
  showMember(member: Member): Member
}

function stateOf(data: RoomData, parts: RoomViewParts, { at, show, showMember }: Shown): RoomState {
  const { room, viewer, held } = data
  const messageCount = room?.messageCount ?? 0
  const run = runAround(data, parts.around)
  const hasNewer = run !== undefined && run[1] < messageCount
  const stored = run ? Array.from({ length: run[1] - run[0] + 1 }, (_, index) => at(run[0] + index)) : []
  const pending = parts.records.flatMap((record) => (isPending(record, data) ? [pendingView(record, data, parts)] : []))
  const membership = viewer?.viewerMembership ?? null
  // what was said before is not for the viewer
  const begin = membership?.historyFrom ?? 1
  const lastRead = membership ? unreadAfter(membership) : messageCount
  return {
    id: data.roomId,
    status: parts.status,
    error: parts.error,
    isLive: parts.isLive,
    room,
    title: titleOf(data),
    membership,
    can: permissionsOf(viewer?.viewerCan),
    messageCount,
    readNumber: lastRead,
    firstUnreadNumber: firstUnread(data, { after: lastRead, messageCount }),
    messages: [...stored.filter((message) => message !== undefined), ...(hasNewer ? [] : pending)],
    pending,
    hasOlder: run ? run[0] > begin : messageCount >= begin,
    isLoadingOlder: parts.isLoadingOlder,
    hasNewer,
    isLoadingNewer: parts.isLoadingNewer,
    at,
    held,
    pinned: [...data.pins.values()].sort(byPin).map(show),
    members: [...data.members.values()].sort(byJoining).map(showMember),
    hasMoreMembers: data.membersAfter !== null,
    typing: data.typing.until > Date.now() ? data.typing.users : [],
    presence: new Map(data.presence),
  }
}

const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)

function byPin(a: StoredMessage, b: StoredMessage): number {
  return compare(b.pinnedAt ?? '', a.pinnedAt ?? '') || compare(b.number, a.number)
}

function byJoining(a: RoomState['members'][number], b: RoomState['members'][number]): number {
  return compare(a.joinedAt, b.joinedAt) || compare(a.user.id, b.user.id)
}

// ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

interface ViewParts {
  readonly overlay: readonly OutboxRecord[]
  readonly delivery: Message['delivery']
  readonly parts: RoomViewParts
  readonly viewerId: string
}

function viewOf(stored: StoredMessage, { overlay, delivery, parts, viewerId }: ViewParts): Message {
  const changed = overlay.reduce(applyOptimistically, stored)
  const failed = overlay.find(({ state }) => state === 'failed')
  const isSending = overlay.some(
    ({ state, change }) => state === 'waiting' && (change.kind === 'edit' || change.kind === 'delete'),
  )
  const isOwn = stored.author?.id === viewerId && stored.kind === 'TEXT'
  const { __typename, attachments, ...fields } = changed
  return {
    ...fields,
    key: isOwn && stored.nonce ? stored.nonce : stored.id,
    state: failed ? 'failed' : isSending ? 'sending' : 'stored',
    error: failed?.error ? thrownOf(failed.error) : null,
    attachments: attachments.map((media) => attachmentOf(media, parts)),
    isOwn,
    delivery,
    retry: () => failed && parts.retry(failed.key),
    discard: () => failed && parts.discard(failed.key),
  }
}

function attachmentOf(media: StoredMessage['attachments'][number], { absoluteUrl }: RoomViewParts): Attachment {
  const { id, name, kind, mimeType, bytes, width, height, url, thumbnailUrl } = media
  const urls = { url: absoluteUrl(url), thumbnailUrl: thumbnailUrl && absoluteUrl(thumbnailUrl) }
  return { id, name, kind, mimeType, bytes, width, height, ...urls, progress: 1 }
}

/** Tells whether a send is shown at the end: the store does not hold its message yet. */
function isPending({ change, answer }: OutboxRecord, data: RoomData): boolean {
  return change.kind === 'send' && (answer === null || !data.numbers.has(answer.id))
}

function pendingView(record: OutboxRecord, data: RoomData, parts: RoomViewParts): Message {
  const { change, key, nonce, state, error, createdAt, answer, progress } = record
  if (change.kind !== 'send') throw new TypeError('Only sends are shown as messages.')
  const quoted =
    change.replyToId === null ? null : (data.quotes.get(change.replyToId) ?? quoteById(data, change.replyToId))
  return {
    ...{ key: nonce, nonce, id: answer?.id ?? null, number: answer?.number ?? null, createdAt, isOwn: true },
    state: state === 'waiting' ? 'sending' : state === 'failed' ? 'failed' : 'stored',
    error: error && thrownOf(error),
    ...{
      kind: 'TEXT',
      action: null,
      actor: null,
      subject: null,
      body: change.body,
      author: data.users.get(data.viewerId) ?? null,
    },
    ...{
      replyTo: quoted,
      replyCount: 0,
      mentions: [],
      mentionedGroup: null,
      reactions: [],
      isHidden: false,
      isSaved: false,
      delivery: 'SENT',
    },
    ...{ editedAt: null, deletedAt: null, expiresAt: null, pinnedAt: null },
    attachments: answer
      ? answer.attachments.map((media) => attachmentOf(media, parts))
      : change.files.map(({ file, name, mediaId }) => fileView({ file, name, mediaId }, progress)),
    retry: () => parts.retry(key),
    discard: () => parts.discard(key),
  }
}

function quoteById(data: RoomData, id: string): Message['replyTo'] {
  const number = data.numbers.get(id)
  const message = number === undefined ? undefined : data.messages.get(number)
  return message ? { ...message, author: message.author } : null
}

function fileView(
  { file, name, mediaId }: { file: Blob; name: string; mediaId: string | null },
  progress: number,
): Attachment {
  const [family = ''] = file.type.split('/')
  const kinds: Record<string, Attachment['kind']> = { image: 'IMAGE', video: 'VIDEO', audio: 'AUDIO' }
  const size = { bytes: file.size, width: null, height: null }
  return {
    id: mediaId,
    name,
    kind: kinds[family] ?? 'FILE',
    mimeType: file.type,
    ...size,
    url: null,
    thumbnailUrl: null,
    progress,
  }
}
