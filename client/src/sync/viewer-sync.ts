// The viewer: the list of rooms, the account and people, read once and kept right by the stream of the viewer.

import type { RoomFields, RoomSummary, StoredMessage } from '../api/entities.ts'
import { bounds } from '../config.ts'
import type { KabarError } from '../errors.ts'
import { createView } from '../live.ts'
import { membershipsQuery, viewerEventsSubscription, viewerSnapshotQuery } from '../operations/viewer.ts'
import type { TableChange } from '../persistence/persistence.ts'
import { asReadTo, unreadAfter } from '../store/unread.ts'
import {
  createViewerData,
  putOrHide,
  putRoom,
  putRooms,
  putSnapshot,
  type ViewerData,
  withRoom,
} from '../store/viewer-data.ts'
import { applyViewerEvent, type ViewerConsequence, type ViewerEvent } from '../store/viewer-events.ts'
import { accountOf, createRoomsViewer, peopleOf } from '../store/viewer-view.ts'
import { toKabarError } from '../transport/answers.ts'
import { createBackoff, isOfSession, isTemporary } from '../transport/retry.ts'
import { createAgain } from './again.ts'
import { createLazyPeople } from './lazy-people.ts'
import type { SyncParts } from './parts.ts'
import { createWriter } from './writer.ts'

/** The viewer, kept right while it is open. */
export interface ViewerSync {
  readonly rooms: ReturnType<typeof createView<ReturnType<ReturnType<typeof createRoomsViewer>>>>
  readonly account: ReturnType<typeof createView<ReturnType<typeof accountOf>>>
  readonly people: ReturnType<typeof createView<ReturnType<typeof peopleOf>>>
  readonly data: ViewerData
  readonly isLive: boolean
  readonly isOpen: boolean
  readonly error: KabarError | null
  open(): void
  /** The connection under it was lost: the stream says when it is live again. */
  interrupted(): void
  /** Reads friends, requests, blocks and invitations, if nobody has yet. */
  openPeople(): void
  loadMore(): Promise<void>
  /** Shows at once that the viewer has read a room. */
  wasRead(roomId: string, number: number): void
  /** Shows at once what the viewer has changed about a room of the list. */
  place(roomId: string, more: Partial<RoomSummary>): void
  /** Reads the first rooms again. */
  reread(): void
  /** Shows the settings and the newest message of a room that is followed. */
  roomChanged(room: RoomFields, messages: ReadonlyMap<number, StoredMessage>): void
  resync(): Promise<void>
  flush(): Promise<unknown>
  close(): void
}

/** The events that tell of rooms of the list. */
const isHintOfRoom: ReadonlySet<ViewerEvent['__typename']> = new Set([
  'RoomAdded',
  'RoomAdvanced',
  'RoomRemoved',
  'NotificationsChanged',
])

/** The version of what is kept. */
const version = 2

/** Makes the viewer. `happened` is told what events mean for others. */
export function createViewerSync(parts: SyncParts, happened: (consequence: ViewerConsequence) => void): ViewerSync {
  const { viewerId, ask, follow, tables } = parts
  const data = createViewerData(viewerId)
  const show = createRoomsViewer()
  let error: KabarError | null = null
  let isLive = false
  let isOpen = false
  /** True after an error that does not pass by itself. */
  let isFailed = false
  /** Counts what was told of rooms, so that an answer does not undo it. */
  let roomsToldAt = 0
  let era = 0
  let wantsPeople = false
  let stop: () => void = () => {}
  const backoff = createBackoff()
  const again = createAgain(backoff)
  const rooms = createView(() => show(data, error))
  const account = createView(() => accountOf(data))
  const people = createView(() => peopleOf(data, error))
  const writer = createWriter(tables, {
    collect: (): TableChange[] =>
      data.cursor === null ? [] : [{ table: 'viewer', key: 'viewer', value: { version, ...data, people: null } }],
    failed: (thrown) => parts.onError(toKabarError(thrown, '')),
  })

  function changed(): void {
    writer.due()
    for (const view of [rooms, account, people]) view.change()
  }

  function setLive(next: boolean): void {
    if (isLive === next) return
    isLive = next
    parts.statusChanged()
  }

  function apply(event: ViewerEvent): void {
    const consequence = applyViewerEvent(data, event)
    if (consequence.peopleChanged) peopleReader.dirty()
    changed()
    if (consequence.synced) {
      setLive(true)
      again.synced()
      // hints of rooms that came before this were not heard
      void readRooms()
    }
    if (isHintOfRoom.has(event.__typename)) roomsToldAt += 1
    if (consequence.sightChanged) void readRooms()
    if (consequence.resync !== undefined) void beginAgain()
    happened(consequence)
  }

  function stopStream(): void {
    era += 1
    stop()
    stop = () => {}
  }

  function startStream(): void {
    stopStream()
    const own = era
    stop = follow({
      query: viewerEventsSubscription,
      variables: { after: data.cursor },
      next: ({ viewerEvents }) => own === era && apply(viewerEvents as ViewerEvent),
      interrupted: () => own === era && setLive(false),
      error: (fault) => own === era && (again.helps(fault) ? void beginAgain() : refused(fault)),
      // the session is over, or nearly: reading tells
      complete: () => own === era && void beginAgain(),
    })
  }

  /** Reads it anew because its stream has ended; not again and again without a pause. */
  async function beginAgain(): Promise<void> {
    stopStream()
    setLive(false)
    const own = era
    await again.wait()
    if (own === era) await restart()
  }

  /** Ends with an error that does not pass by itself. `open` tries again. */
  function refused(fault: KabarError): void {
    setLive(false)
    if (isOfSession(fault)) return
    stopStream()
    isFailed = true
    error = fault
    changed()
    parts.statusChanged()
  }

  /** Reads the viewer anew until that succeeds, and follows from there. */
  async function restart(): Promise<void> {
    stopStream()
    setLive(false)
    const own = era
    while (own === era && isOpen) {
      try {
        const { viewer } = await ask(viewerSnapshotQuery, { first: bounds.roomListSize })
        if (own !== era || !viewer) return
        putSnapshot(data, viewer)
        error = null
        changed()
        happened({ listRead: true })
        startStream()
        // events were missed, of people too
        if (wantsPeople) peopleReader.dirty(true)
        return
      } catch (thrown) {
        if (own !== era) return
        error = toKabarError(thrown, '')
        changed()
        if (!isTemporary(error)) return refused(error)
        await backoff.wait(error.retryAfterMs)
      }
    }
  }

  /** Reads the first rooms again. */
  async function readRooms(): Promise<void> {
    const own = era
    const told = roomsToldAt
    const first = bounds.roomListSize
    try {
      const { viewer } = await ask(membershipsQuery, { first, after: null })
      if (own !== era || !viewer) return
      if (told !== roomsToldAt) return void readRooms()
      // rooms beyond this page stay as they were told last
      const { rooms, roomsAfter } = data
      const holdsMore = rooms.size > first
      putRooms(data, viewer.memberships, { replaces: !holdsMore })
      if (holdsMore) data.roomsAfter = roomsAfter
      data.unreadCount = viewer.unreadCount
      changed()
      happened({ listRead: true })
    } catch (thrown) {
      if (!isTemporary(toKabarError(thrown, ''))) return
      await backoff.wait()
      if (own === era) void readRooms()
    }
  }

  async function load(): Promise<void> {
    const own = era
    const kept = tables && (await tables.get('viewer', 'viewer').catch(() => undefined))
    if (own !== era || !isOpen) return
    const isOurs = typeof kept === 'object' && kept !== null && Reflect.get(kept, 'version') === version
    if (isOurs && Reflect.get(kept, 'viewerId') === viewerId) {
      Object.assign(data, kept)
      changed()
      startStream()
    } else await restart()
  }

  const peopleReader = createLazyPeople(parts, { data, changed })

  return {
    ...{ rooms, account, people, data, resync: restart, flush: writer.flush },
    get isLive() {
      return isLive
    },
    get isOpen() {
      return isOpen
    },
    get error() {
      return error
    },
    interrupted: () => setLive(false),
    open() {
      backoff.hurry()
      if (isFailed) {
        isFailed = false
        void restart()
      }
      if (isOpen) return
      isOpen = true
      parts.statusChanged()
      void load()
    },
    openPeople() {
      if (wantsPeople) return
      wantsPeople = true
      peopleReader.dirty(true)
    },
    async loadMore() {
      const after = data.roomsAfter
      if (after === null) return
      const { viewer } = await ask(membershipsQuery, { first: bounds.roomListSize, after })
      if (!viewer || data.roomsAfter !== after) return
      putRooms(data, viewer.memberships)
      changed()
    },
    wasRead(roomId, number) {
      const known = data.rooms.get(roomId)
      if (!known || unreadAfter(known) >= number) return
      putRoom(data, asReadTo(known, { number, messageCount: known.room.messageCount }))
      changed()
    },
    place(roomId, more) {
      const known = data.rooms.get(roomId)
      if (!known) return
      putOrHide(data, { ...known, ...more })
      changed()
    },
    reread: () => void readRooms(),
    roomChanged(room, messages) {
      const known = data.rooms.get(room.id)
      if (!known) return
      putRoom(data, withRoom(known, { room, messages, viewerId }))
      changed()
    },
    close() {
      isOpen = false
      stopStream()
      backoff.hurry()
      writer.close()
    },
  }
}
