// When an account is opened, closed or wiped: at sign-in, at the end of a session, at sign-out. Its data is in account.ts.

import type { Account, AccountParts } from './account.ts'
import type { AccountState, PeopleState, Rooms, RoomsState } from './api/lists.ts'
import type { Live } from './api/live.ts'
import type { Room, RoomState } from './api/room.ts'
import { KabarError } from './errors.ts'
import { createFacade, type Facade } from './facade.ts'
import type { OwnedSession } from './session/session.ts'
import { emptyAccount, emptyPeople, emptyRoom, emptyRooms } from './store/empty-states.ts'
import { tabLock } from './tabs/locks.ts'
import { unreachable } from './transport/answers.ts'
import { createBackoff } from './transport/retry.ts'
import type { Sources } from './transport/sources.ts'

type OpenAccount = typeof import('./account.ts').openAccount

/** Switches between accounts, one at a time. Its rooms and lists are those of the current one. */
export interface AccountSwitch {
  readonly current: Account | null
  readonly rooms: Rooms
  readonly account: Live<AccountState>
  readonly people: Live<PeopleState>
  room(id: string): Room
  /** Tries at once what waits for another attempt. */
  hurry(): void
  /** Keeps what has changed. */
  flush(): void
  close(): Promise<void>
}

/** The parts of the client that the switch uses. */
export type AccountSwitchParts = Omit<AccountParts, 'follow' | 'isTabAlive' | 'sessionEnded'> & {
  readonly session: OwnedSession
  readonly sources: Sources
  /** Web Locks of this browser; null where there are none. */
  readonly locks: LockManager | null
}

/** Creates the switch between the accounts of a client. */
export function createAccountSwitch(parts: AccountSwitchParts): AccountSwitch {
  const { session, sources, locks } = parts
  let current: Account | null = null
  /** The id of the user that was asked for last; changes wait for each other. */
  let wanted: string | null = null
  /** Whose data this browser keeps: the user who is signed in, or whose session has expired. */
  let keptFor: string | null = null
  let wantedKept: string | null = null
  let isClosed = false
  let changing = Promise.resolve()
  const backoff = createBackoff()
  const rooms = createFacade<RoomsState>(emptyRooms)
  const account = createFacade<AccountState>(emptyAccount)
  const people = createFacade<PeopleState>(emptyPeople)
  const facades = new Map<string, { readonly facade: Facade<RoomState>; readonly room: Room }>()
  let endTab: () => void = () => {}
  locks?.request(tabLock(parts.tabId), () => new Promise<void>((resolve) => (endTab = resolve))).catch(() => {})

  async function isTabAlive(tabId: string): Promise<boolean> {
    const { held = [] } = (await locks?.query()) ?? {}
    return held.some(({ name }) => name === tabLock(tabId))
  }

  /** Shows another account everywhere. */
  function show(next: Account | null): void {
    current = next
    rooms.point(next && opening(next.viewer.rooms, next))
    account.point(next && opening(next.viewer.account, next))
    people.point(next && opening(next.viewer.people, next, next.viewer.openPeople))
    for (const [id, { facade }] of facades) facade.point(next && opening(next.rooms.of(id).room, next))
    parts.statusChanged()
  }

  /** Loads the code of an account. Tries again while the network is away; null when another account is wanted meanwhile. */
  async function load(viewerId: string): Promise<OpenAccount | null> {
    for (;;) {
      try {
        return (await import('./account.ts')).openAccount
      } catch (error) {
        parts.onError(unreachable('The code of the client', error))
        if (!isClosed) await backoff.wait()
        if (isClosed || wanted !== viewerId) return null
      }
    }
  }

  async function change(viewerId: string | null, keep: string | null): Promise<void> {
    const before = current
    const isOther = viewerId !== (before?.viewerId ?? null)
    if (isOther) {
      show(null)
      sources.reset()
    }
    // a session that has expired is signed in again, and sends what waits
    const left = keptFor
    keptFor = keep
    if (left && left !== keep) await (before ? before.wipe() : wipe(left))
    else if (isOther) await before?.close()
    if (!isOther) return
    // signed out, or another one, in the meantime: the next change is waiting
    if (!viewerId || wanted !== viewerId) return
    const loading = load(viewerId)
    await sources.share(viewerId)
    const openAccount = await loading
    if (!openAccount) return
    const follow = sources.follow
    const sessionEnded = () => void session.accessToken({ fresh: true }).catch(() => {})
    const next = await openAccount(viewerId, { ...parts, follow, isTabAlive, sessionEnded })
    if (wanted === viewerId) show(next)
    else await next.close()
  }

  /** Wipes what is kept of an account that is not open: it has expired, or its code did not load. */
  async function wipe(viewerId: string): Promise<void> {
    try {
      const { scopeOf, wipeTables } = await import('./persistence/open-tables.ts')
      await wipeTables(parts.options.persistence, scopeOf(parts.options.url, viewerId))
    } catch (cause) {
      parts.onError(new KabarError('STORAGE', 'The data of the account before could not be deleted.', { cause }))
    }
  }

  function look(): void {
    const { status, user } = session.getSnapshot()
    const to = user?.id ?? null
    const keep = to ?? session.expiredUserId
    if (status === 'loading' || (to === wanted && keep === wantedKept)) return
    wanted = to
    wantedKept = keep
    backoff.hurry()
    changing = changing.then(() => change(to, keep)).catch((error) => parts.onError(error as KabarError))
  }

  /** Waits for the account of who is signed in. */
  async function ready(): Promise<Account> {
    await session.loaded
    await changing
    if (current) return current
    if (isClosed) throw new KabarError('CANCELLED', 'The client is closed.')
    throw new KabarError('UNAUTHENTICATED', 'Nobody is signed in. Sign in first.')
  }

  const stop = session.subscribe(look)
  void session.loaded.then(look)

  const list = async () => (await ready()).list()

  function makeRoom(id: string): { facade: Facade<RoomState>; room: Room } {
    const facade = createFacade<RoomState>(emptyRoom(id))
    const live = async () => (await ready()).rooms.of(id).room
    const room: Room = {
      id,
      getSnapshot: facade.getSnapshot,
      subscribe: facade.subscribe,
      send: async (draft) => (await live()).send(draft),
      edit: async (messageId, body) => (await live()).edit(messageId, body),
      remove: async (messageId) => (await live()).remove(messageId),
      react: async (messageId, emoji) => (await live()).react(messageId, emoji),
      unreact: async (messageId, emoji) => (await live()).unreact(messageId, emoji),
      pin: async (messageId) => (await live()).pin(messageId),
      unpin: async (messageId) => (await live()).unpin(messageId),
      save: async (messageId) => (await live()).save(messageId),
      unsave: async (messageId) => (await live()).unsave(messageId),
      removeOwn: async () => (await live()).removeOwn(),
      markUnread: async (number) => (await live()).markUnread(number),
      markRead: async (number) => (await live()).markRead(number),
      keystroke: () => current?.rooms.of(id).room.keystroke(),
      loadOlder: async () => (await live()).loadOlder(),
      load: async (from, to) => (await live()).load(from, to),
      loadMoreMembers: async () => (await live()).loadMoreMembers(),
      verify: async () => (await live()).verify(),
    }
    return { facade, room }
  }

  return {
    get current() {
      return current
    },
    rooms: {
      ...live(rooms),
      loadMore: async () => (await ready()).viewer.loadMore(),
      pin: async (roomId) => (await list()).pin(roomId),
      unpin: async (roomId) => (await list()).unpin(roomId),
      hide: async (roomId) => (await list()).hide(roomId),
      setNotifications: async (roomId, level) => (await list()).setNotifications(roomId, level),
    },
    account: live(account),
    people: live(people),
    room(id) {
      let known = facades.get(id)
      if (!known) {
        known = makeRoom(id)
        facades.set(id, known)
        if (current) known.facade.point(opening(current.rooms.of(id).room, current))
      }
      return known.room
    },
    hurry() {
      backoff.hurry()
      current?.hurry()
    },
    flush() {
      void current?.rooms.flush()
      void current?.viewer.flush()
    },
    async close() {
      stop()
      isClosed = true
      backoff.hurry()
      await session.loaded
      await changing
      // a macrotask, after all microtasks: a call such as `send` that awaited the account reaches the outbox first
      await new Promise((resolve) => setTimeout(resolve))
      const last = current
      show(null)
      await last?.close()
      endTab()
    },
  }
}

const live = <T>({ getSnapshot, subscribe }: Live<T>): Live<T> => ({ getSnapshot, subscribe })

/** A Live that opens the viewer when somebody listens: what rooms show depends on its stream too. */
function opening<T>(to: Live<T>, { viewer }: Account, also: () => void = () => {}): Live<T> {
  return {
    getSnapshot: to.getSnapshot,
    subscribe(listener) {
      viewer.open()
      also()
      return to.subscribe(listener)
    },
  }
}
