// One room: read once, kept right by its stream, read again where the stream cannot go on.

import type { StoredMessage } from '../api/entities.ts'
import type { RoomState } from '../api/room.ts'
import { bounds } from '../config.ts'
import type { KabarError } from '../errors.ts'
import { createView } from '../live.ts'
import { roomEventsSubscription } from '../operations/room.ts'
import { createRoomData, putMessage, type RoomData } from '../store/room-data.ts'
import { applyRoomEvent, type Consequence, type RoomEvent } from '../store/room-events.ts'
import { createRoomViewer } from '../store/room-view.ts'
import { addWants } from '../store/wants.ts'
import { toKabarError } from '../transport/answers.ts'
import { createBackoff, isOfSession, isTemporary } from '../transport/retry.ts'
import { createAgain } from './again.ts'
import type { SyncParts } from './parts.ts'
import { createRoomFocus, type RoomFocus } from './room-focus.ts'
import { readRoom, roomNotFound } from './room-reads.ts'
import { createWantsReader } from './room-wants.ts'
import { createWriter } from './writer.ts'

/** A room that is held, and followed while it is open. */
export interface RoomSync {
  readonly view: ReturnType<typeof createView<RoomState>>
  readonly data: RoomData
  readonly status: RoomState['status']
  readonly isLive: boolean
  readonly isOpen: boolean
  /** Begins to follow it. */
  open(): void
  /** Stops following it. What is held stays, with its cursor. */
  pause(): void
  /** The connection under it was lost: the stream goes on by itself, and says when it is live again. */
  interrupted(): void
  /** Reads everything anew, and shows it at once. */
  resync(): Promise<void>
  /** Called when the data was changed by something other than events. */
  changed(): void
  readonly focus: RoomFocus
  /** Takes what the server answered to a change of a message. */
  take(message: StoredMessage): void
  setLoading(loading: { older?: boolean; newer?: boolean }): void
  /** Writes what has changed since it was kept. */
  flush(): Promise<unknown>
  close(): void
}

/** Makes a room that holds nothing yet. `synced` is called whenever it has caught up. */
export function createRoomSync(
  roomId: string,
  parts: SyncParts,
  events: { synced(isFirst: boolean): void; received(event: RoomEvent): void; left(): void },
): RoomSync {
  const { viewerId, ask, follow, outbox, tables, keeper } = parts
  let data = createRoomData(roomId, viewerId)
  let status: RoomState['status'] = 'loading'
  let error: KabarError | null = null
  let isLive = false
  let loading = { older: false, newer: false }
  let isWhole = true
  let syncs = 0
  const focus = createRoomFocus(() => data, changed)
  /** Counts the times that it was opened: what a former time has begun is over. */
  let era = 0
  let isOpen = false
  let stop: () => void = () => {}
  const backoff = createBackoff()
  const again = createAgain(backoff)
  const show = createRoomViewer()
  const view = createView<RoomState>(() =>
    show(data, {
      ...{ status, error, isLive, isLoadingOlder: loading.older, isLoadingNewer: loading.newer, around: focus.shown },
      ...{ records: outbox.of(roomId), absoluteUrl: parts.absoluteUrl, retry: outbox.retry, discard: outbox.discard },
    }),
  )
  const writer = createWriter(tables, {
    collect() {
      if (!keeper) return []
      if (status === 'gone') return keeper.forgetting(roomId)
      const changes = keeper.changesOf(data, { isWhole })
      isWhole = false
      data.changed.clear()
      return changes
    },
    failed: (thrown) => parts.onError(toKabarError(thrown, '')),
  })

  function set(next: { status?: RoomState['status']; error?: KabarError | null; isLive?: boolean }): void {
    const wasLive = isLive
    status = next.status ?? status
    if (next.error !== undefined) error = next.error
    isLive = next.isLive ?? isLive
    view.change()
    if (wasLive !== isLive || next.status) parts.statusChanged()
  }

  function replace(next: RoomData): void {
    // presence and typing are not part of what was read
    for (const [id, presence] of data.presence) next.presence.set(id, presence)
    next.typing = data.typing
    data = next
    isWhole = true
    for (const message of data.messages.values()) showOwn(message)
    focus.bound()
    writer.due()
  }

  function showOwn(message: { nonce: string | null; author: { id: string } | null; number: number }): void {
    if (message.nonce && message.author?.id === viewerId) outbox.shown(roomId, message as StoredMessage)
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────

  const wants = createWantsReader({ ask, data: () => data, isOpen: () => isOpen, changed: () => changed() })

  let typingTimer: ReturnType<typeof setTimeout> | undefined

  function apply(event: RoomEvent): void {
    const consequence = applyRoomEvent(data, event)
    if (event.__typename === 'MessageSent') {
      showOwn(event.message)
      outbox.passed(roomId, event.message.number)
      focus.bound()
    }
    if (event.__typename === 'TypingChanged') {
      clearTimeout(typingTimer)
      typingTimer = setTimeout(view.change, bounds.typingMs + 10)
    }
    follows(consequence)
    events.received(event)
    writer.due()
    view.change()
  }

  function follows(consequence: Consequence): void {
    data.wants = addWants(data.wants, consequence)
    wants.look()
    if (consequence.synced) {
      wants.hurry()
      set({ isLive: true, error: null })
      again.synced()
      outbox.passed(roomId, Number.POSITIVE_INFINITY)
      events.synced(syncs++ === 0)
    }
    if (consequence.resync !== undefined) void beginAgain()
    if (consequence.gone) leave()
  }

  function leave(fault = roomNotFound()): void {
    end('gone', fault)
    events.left()
  }

  /** Ends with an error that does not pass by itself, until it is opened again: then it is read anew. */
  function end(as: 'gone' | 'failed', fault: KabarError): void {
    stopStream()
    set({ status: as, error: fault, isLive: false })
    outbox.unfollowed(roomId)
    void writer.flush()
    data.cursor = null
  }

  // ── The stream ─────────────────────────────────────────────────────────────────────────────────────────────────

  function stopStream(): void {
    era += 1
    stop()
    stop = () => {}
  }

  function startStream(): void {
    stopStream()
    const own = era
    const isCurrent = () => own === era
    stop = follow({
      query: roomEventsSubscription,
      variables: { roomId, after: data.cursor },
      next: ({ roomEvents }) => isCurrent() && apply(roomEvents as RoomEvent),
      interrupted: () => isCurrent() && set({ isLive: false }),
      error: (fault) => isCurrent() && (again.helps(fault) ? void beginAgain() : refused(fault)),
      // out of the room, or the session is over: reading tells which
      complete: () => isCurrent() && void beginAgain(),
    })
  }

  /** Reads it anew because its stream has ended; not again and again without a pause. */
  async function beginAgain(): Promise<void> {
    stopStream()
    set({ isLive: false })
    const own = era
    await again.wait()
    if (own === era) await restart()
  }

  function refused(fault: KabarError): void {
    // who is signed out learns it by the session
    if (isOfSession(fault)) set({ isLive: false })
    else if (fault.code === 'FORBIDDEN' || fault.code === 'NOT_FOUND') leave(fault)
    else end('failed', fault)
  }

  /** Reads everything anew, until it succeeds, and follows from there. What is shown stays until then. */
  async function restart(): Promise<void> {
    stopStream()
    set({ isLive: false })
    const own = era
    while (own === era && isOpen) {
      try {
        const next = await readRoom(ask, { roomId, viewerId, held: data.held })
        if (own !== era) return
        replace(next)
        set({ status: 'ready', error: null })
        startStream()
        return
      } catch (thrown) {
        if (own !== era) return
        const fault = toKabarError(thrown, '')
        if (!isTemporary(fault)) return refused(fault)
        set({ status: status === 'ready' ? 'ready' : 'failed', error: fault })
        await backoff.wait(fault.retryAfterMs)
      }
    }
  }

  async function load(): Promise<void> {
    const own = era
    if (data.cursor === null && tables && keeper) {
      const kept = await keeper.loadRoom(tables, { roomId, viewerId }).catch(() => null)
      if (own !== era || !isOpen) return
      if (kept) {
        replace(kept)
        isWhole = false
        set({ status: 'ready' })
      }
    }
    if (data.cursor === null) await restart()
    else startStream()
    wants.look()
  }

  function changed(): void {
    focus.bound()
    writer.due()
    view.change()
  }

  return {
    ...{ view, focus },
    get data() {
      return data
    },
    get status() {
      return status
    },
    get isLive() {
      return isLive
    },
    get isOpen() {
      return isOpen
    },
    open() {
      backoff.hurry()
      const isOver = status === 'gone' || status === 'failed'
      if (isOpen && !isOver) return
      isOpen = true
      if (isOver) set({ status: 'loading', error: null })
      void load()
    },
    pause() {
      isOpen = false
      stopStream()
      backoff.hurry()
      set({ isLive: false })
      outbox.unfollowed(roomId)
      void writer.flush()
    },
    interrupted: () => set({ isLive: false }),
    resync: restart,
    changed,
    take(message) {
      putMessage(data, message)
      wants.look()
      changed()
    },
    setLoading(next) {
      loading = { ...loading, ...next }
      view.change()
    },
    flush: writer.flush,
    close() {
      isOpen = false
      stopStream()
      backoff.hurry()
      wants.close()
      clearTimeout(typingTimer)
      writer.close()
    },
  }
}
