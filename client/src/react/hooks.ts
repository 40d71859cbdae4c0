import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Connection, ConnectionState } from '../api/connection.ts'
import type { Member, ServerInfo } from '../api/entities.ts'
import type { AccountState, PeopleState, Rooms, RoomsState, SearchFilter, SearchState } from '../api/lists.ts'
import type { Live } from '../api/live.ts'
import type { Room, RoomActions, RoomState } from '../api/room.ts'
import type { Session, SessionState } from '../api/session.ts'
import type { Upload, UploadState } from '../api/upload.ts'
import { KabarError } from '../errors.ts'
import { isShallowEqual } from '../live.ts'
import { useKabar } from './provider.ts'

/** Follows a value. */
function useLive<T>(live: Live<T>): T {
  return useSyncExternalStore(live.subscribe, live.getSnapshot, live.getSnapshot)
}

/** Follows a part of a value: the component renders again when a field of the part has changed. */
function useSelected<T, Part>(live: Live<T>, select: (value: T) => Part): Part {
  const kept = useRef<{ readonly part: Part } | null>(null)
  const read = () => {
    const part = select(live.getSnapshot())
    if (!kept.current || !isShallowEqual(kept.current.part, part)) kept.current = { part }
    return kept.current.part
  }
  return useSyncExternalStore(live.subscribe, read, read)
}

/** The session, and what changes it. */
export function useSession(): SessionState & Omit<Session, keyof Live<SessionState>> {
  const { session } = useKabar()
  const state = useLive(session)
  return useMemo(() => ({ ...session, ...state }), [session, state])
}

/** How the connection is. */
export function useConnection(): ConnectionState & Pick<Connection, 'retry'> {
  const { connection } = useKabar()
  const state = useLive(connection)
  return useMemo(() => ({ ...state, retry: connection.retry }), [connection, state])
}

/** The rooms of the viewer with their unread counts. With `select` a part of that, as `useRoom` gives it. */
export function useRooms(): RoomsState & Pick<Rooms, 'loadMore'>
export function useRooms<Part>(select: (state: RoomsState) => Part): Part
export function useRooms<Part>(select?: (state: RoomsState) => Part) {
  const { rooms } = useKabar()
  const part = useSelected<RoomsState, RoomsState | Part>(rooms, select ?? same)
  return useMemo(() => (select ? part : { ...part, loadMore: rooms.loadMore }), [rooms, part, !select])
}

/**
 * A room, followed while the component is there.
 *
 * With `select` it is a part of the room, and the component renders again only when a field of that part has changed:
 * `useRoom(id, ({ title, can }) => ({ title, can }))`.
 */
export function useRoom(id: string): RoomState & RoomActions
export function useRoom<Part>(id: string, select: (state: RoomState) => Part): Part
export function useRoom<Part>(id: string, select?: (state: RoomState) => Part) {
  const kabar = useKabar()
  const room: Room = kabar.room(id)
  const part = useSelected<RoomState, RoomState | Part>(room, select ?? same)
  return useMemo(() => (select ? part : { ...room, ...part }), [room, part, !select])
}

const same = <T>(value: T): T => value

/** The members of a room. */
export function useMembers(roomId: string): {
  readonly members: readonly Member[]
  readonly hasMore: boolean
  loadMore(): Promise<void>
} {
  const { loadMoreMembers } = useKabar().room(roomId)
  const part = useRoom(roomId, ({ members, hasMoreMembers: hasMore }) => ({ members, hasMore }))
  return useMemo(() => ({ ...part, loadMore: loadMoreMembers }), [part, loadMoreMembers])
}

/** The viewer's own account. */
export function useAccount(): AccountState {
  return useLive(useKabar().account)
}

/** Friends, requests and blocked users. With `select` a part of that, as `useRoom` gives it. */
export function usePeople(): PeopleState
export function usePeople<Part>(select: (state: PeopleState) => Part): Part
export function usePeople<Part>(select?: (state: PeopleState) => Part) {
  return useSelected<PeopleState, PeopleState | Part>(useKabar().people, select ?? same)
}

/** Returns the server's version, features and limits; null until they are read. */
export function useServer(): ServerInfo | null {
  return useLive(useKabar().server)
}

const noUpload: UploadState = { status: 'cancelled', progress: 0, error: null, media: null }
const nothing: Live<UploadState> = { getSnapshot: () => noUpload, subscribe: () => () => {} }

/** One upload at a time: `start` begins it, and the state follows it. */
export function useUpload(): UploadState & {
  start(file: Blob, options?: { name?: string }): Upload
  retry(): void
  cancel(): void
} {
  const kabar = useKabar()
  const [upload, setUpload] = useState<Upload | null>(null)
  const state = useLive<UploadState>(upload ?? nothing)
  const start = useCallback(
    (file: Blob, options?: { name?: string }) => {
      const started = kabar.upload(file, options)
      setUpload(started)
      return started
    },
    [kabar],
  )
  return useMemo(
    () => ({ ...state, start, retry: () => upload?.retry(), cancel: () => upload?.cancel() }),
    [state, start, upload],
  )
}

const searchWaitMs = 250

/** Searches while the user types: it waits until they rest. The query may be blank where there is a filter. */
export function useSearch(
  query: string,
  options: { roomId?: string; filter?: SearchFilter } = {},
): SearchState & { loadMore(): Promise<void> } {
  const kabar = useKabar()
  const { roomId } = options
  const asked = JSON.stringify(options.filter ?? {})
  const filter = useMemo((): SearchFilter => JSON.parse(asked), [asked])
  const [state, setState] = useState<SearchState & { endCursor: string | null }>(noSearch)
  const run = useCallback(
    async (after: string | null, isWanted: () => boolean) => {
      try {
        const found = await kabar.search({ query, filter, after, ...(roomId !== undefined && { roomId }) })
        if (!isWanted()) return
        const { hasMore, endCursor } = found
        const results = (before: SearchState) => (after ? [...before.results, ...found.results] : found.results)
        setState((before) => ({ query, isLoading: false, error: null, results: results(before), hasMore, endCursor }))
      } catch (error) {
        if (isWanted() && error instanceof KabarError) setState((before) => ({ ...before, isLoading: false, error }))
      }
    },
    [kabar, query, roomId, filter],
  )
  useEffect(() => {
    if (query.trim() === '' && asked === '{}') {
      setState(noSearch)
      return
    }
    let isWanted = true
    setState((before) => ({ ...before, query, isLoading: true }))
    const timer = setTimeout(() => void run(null, () => isWanted), searchWaitMs)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [query, asked, run])
  const loadMore = useCallback(
    async () => (state.hasMore ? run(state.endCursor, () => true) : undefined),
    [run, state.hasMore, state.endCursor],
  )
  return useMemo(() => ({ ...state, loadMore }), [state, loadMore])
}

const noSearch = { query: '', isLoading: false, error: null, results: [], hasMore: false, endCursor: null }
