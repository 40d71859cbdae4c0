// The data of one account: what is held (rooms, the viewer, unsent changes), and what is wiped. account-switch.ts opens it.

import type { StoredMessage } from './api/entities.ts'
import type { KabarOptions } from './api/kabar.ts'
import type { Mention } from './api/lists.ts'
import type { KabarError } from './errors.ts'
import { loadPart } from './load-part.ts'
import { createOutbox, type Outbox, type OutboxParts } from './outbox/outbox.ts'
import type { Mutate } from './outbox/perform.ts'
import type { PutFile } from './outbox/put-file.ts'
import type { OutboxRecord } from './outbox/records.ts'
import { openTables } from './persistence/open-tables.ts'
import { type PersistedTables, scopeOf } from './persistence/persistence.ts'
import { asReadTo, countUnread, unreadAfter } from './store/unread.ts'
import type { ListActions } from './sync/list-actions.ts'
import type { Ask, SyncParts } from './sync/parts.ts'
import { readAnswer } from './sync/room-reads.ts'
import { createRooms, type RoomsSync } from './sync/rooms.ts'
import { createViewerSync, type ViewerSync } from './sync/viewer-sync.ts'
import type { Follow } from './transport/streams.ts'

/** The parts of the client that an account uses. */
export interface AccountParts {
  readonly options: KabarOptions
  readonly ask: Ask
  readonly mutate: Mutate
  readonly follow: Follow
  readonly putFile: PutFile
  readonly tabId: string
  isTabAlive(tabId: string): Promise<boolean>
  absoluteUrl(path: string): string
  statusChanged(): void
  onError(error: KabarError): void
  onMention(mention: Mention): void
  /** A session of the viewer has ended, perhaps this one. */
  sessionEnded(): void
}

/** State of one user. */
export interface Account {
  readonly viewerId: string
  readonly rooms: RoomsSync
  readonly viewer: ViewerSync
  list(): Promise<ListActions>
  readonly outbox: Outbox
  /** True if everything that is open is up to date. */
  readonly isLive: boolean
  readonly isIdle: boolean
  /** How many messages of open rooms are known of and not there yet; null when nothing is known. */
  readonly behind: number | null
  /** Why something could not be read; null when all could. */
  readonly error: KabarError | null
  /** The connection was lost: nothing is up to date until its stream says so. */
  interrupted(): void
  hurry(): void
  /** Keeps what has changed, and ends. */
  close(): Promise<void>
  /** Forgets everything that is kept. */
  wipe(): Promise<void>
}

/** Opens what is held for a user. */
export async function openAccount(viewerId: string, parts: AccountParts): Promise<Account> {
  const { options, ask, mutate, follow, putFile, onError } = parts
  const { tables, keeper } = await openTables(options.persistence, scopeOf(options, viewerId), onError)
  /** Loaded with the first change. */
  const perform: OutboxParts['perform'] = async (record, progress) => {
    const { createPerform } = await loadPart(() => import('./outbox/perform.ts'))
    const answer = () => createPerform({ mutate, putFile })(record, progress)
    if (record.change.kind === 'send') return await answer()
    return await readAnswer(rooms.of(record.roomId).sync.data, answer)
  }
  const outbox = createOutbox({
    ...{ tabId: parts.tabId, tables, isTabAlive: parts.isTabAlive, perform },
    answered: (record, answer) => answered(record, answer),
    changed: (roomId) => rooms.of(roomId).sync.view.change(),
    failedToKeep: (thrown) => onError(thrown as KabarError),
  } satisfies OutboxParts)
  const sync: SyncParts = {
    ...{ viewerId, ask, follow, outbox, tables, keeper, onError, absoluteUrl: parts.absoluteUrl },
    verify: options.verify ?? 'sometimes',
    statusChanged: parts.statusChanged,
    onDivergence: (divergence) => options.onDivergence?.(divergence),
    isMember: (roomId) => viewer.data.rooms.has(roomId),
    roomChanged: (room, messages) => viewer.roomChanged(room, messages),
    wasRead(roomId, number) {
      viewer.wasRead(roomId, number)
      const { data } = rooms.of(roomId).sync
      const membership = data.viewer?.viewerMembership
      if (!data.viewer || !membership || unreadAfter(membership) >= number) return
      const viewerMembership = asReadTo(membership, { number, messageCount: data.room?.messageCount ?? number })
      data.viewer = { ...data.viewer, viewerMembership }
      rooms.of(roomId).sync.changed()
    },
    wasMarkedUnread(roomId, from) {
      const { data } = rooms.of(roomId).sync
      const to = viewer.data.rooms.get(roomId)?.room.messageCount ?? data.room?.messageCount ?? 0
      const marked = { unreadFrom: from, unreadCount: countUnread(data, { from, to }) }
      viewer.place(roomId, marked)
      rooms.tellMembership(roomId, marked)
    },
    place(roomId, more) {
      viewer.place(roomId, more)
      rooms.tellMembership(roomId, more)
    },
  }
  const rooms = createRooms(sync)
  const viewer = createViewerSync(sync, ({ entered, told, listRead, sightChanged, mention, sessionEnded }) => {
    if (entered || listRead) rooms.revive()
    // a room's own stream tells of it in order; what the list was told may be older
    if (told || listRead) rooms.tellList(told)
    // the stream of a room does not carry changes of the viewer's membership: pins, levels, unread counts
    const listed = listRead ? [...viewer.data.rooms.values()] : [viewer.data.rooms.get(told ?? '')]
    for (const summary of listed) if (summary) rooms.tellMembership(summary.room.id, summary)
    // how many are behind
    if (rooms.open.some((room) => !room.isLive)) parts.statusChanged()
    if (sightChanged) void showAnew(tables, rooms)
    if (mention) parts.onMention(mention)
    if (sessionEnded) parts.sessionEnded()
  })

  /** Loaded when the list is changed first. */
  const list = async () => (await loadPart(() => import('./sync/list-actions.ts'))).createListActions(sync, viewer)

  /** True when the record is to stay, until the stream of its room tells of the message. */
  function answered({ roomId, change }: OutboxRecord, answer: StoredMessage | null): boolean {
    const { sync: room } = rooms.of(roomId)
    if (!answer) return false
    if (change.kind !== 'send') {
      if (room.data.cursor !== null) room.take(answer)
      return false
    }
    // also while the room is read first: then the answer shows it
    return room.isOpen && !isOver(room.status) && !room.data.numbers.has(answer.id)
  }

  // before anything new is sent: what waits comes first
  await outbox.takeOver().catch(() => {})
  return {
    ...{ viewerId, rooms, viewer, list, outbox },
    get isLive() {
      return (!viewer.isOpen || viewer.isLive) && rooms.open.every((room) => room.isLive || isOver(room.status))
    },
    get isIdle() {
      return !viewer.isOpen && rooms.open.length === 0
    },
    get behind() {
      // what the list says is of now only while it is live
      if (!viewer.isLive) return null
      return rooms.open.reduce((sum, { data: { roomId, room } }) => {
        const count = viewer.data.rooms.get(roomId)?.room.messageCount ?? 0
        return sum + (room ? Math.max(0, count - room.messageCount) : 0)
      }, 0)
    },
    get error() {
      const failed = rooms.open.find((room) => room.status === 'failed')
      return viewer.error ?? failed?.view.getSnapshot().error ?? null
    },
    interrupted() {
      viewer.interrupted()
      for (const room of rooms.open) room.interrupted()
    },
    hurry() {
      // a tab that has crashed meanwhile may have left something
      void outbox.takeOver().catch(() => {})
      outbox.hurry()
      if (viewer.isOpen) viewer.open()
      rooms.resume()
    },
    async close() {
      await Promise.all([rooms.flush(), viewer.flush()])
      outbox.close()
      rooms.close()
      viewer.close()
      tables?.close()
    },
    async wipe() {
      outbox.close({ isWiped: true })
      rooms.close()
      viewer.close()
      await tables?.clear()
      tables?.close()
    },
  }
}

const isOver = (status: string) => status === 'gone' || status === 'failed'

/** Handles a change of what is visible in messages: reads everything again and deletes what was kept. */
async function showAnew(tables: PersistedTables | null, rooms: RoomsSync): Promise<void> {
  await tables?.write([
    { table: 'rooms', prefix: '' },
    { table: 'messages', prefix: '' },
  ])
  // presences that were told are not read with a room
  for (const { data } of rooms.open) data.presence.clear()
  rooms.resyncAll()
}
