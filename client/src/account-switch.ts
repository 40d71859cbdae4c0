// When an account is opened, closed or wiped: at sign-in, at the end of a session, at sign-out. Its data is in account.ts.

import type { Account, AccountParts } from './account.ts'
import type { AccountState, PeopleState, Rooms, RoomsState } from './api/lists.ts'
import type { Live } from './api/live.ts'
import type { Room, RoomState } from './api/room.ts'
import { bounds } from './config.ts'
import { KabarError } from './errors.ts'
import { createFacade } from './facade.ts'
import { loadPart } from './load-part.ts'
import { scopeOf } from './persistence/persistence.ts'
import { createRoomFacades } from './room-facades.ts'
import type { OwnedSession } from './session/session.ts'
import { emptyAccount, emptyPeople, emptyRooms } from './store/empty-states.ts'
import { tabLock } from './tabs/locks.ts'
import { toKabarError } from './transport/answers.ts'
import { createBackoff } from './transport/retry.ts'
import type { Sources } from './transport/sources.ts'

/** Switches between accounts, one at a time. Its rooms and lists are those of the current one. */
export interface AccountSwitch {
  readonly current: Account | null
  /** Why the account is not open yet: its code could not be loaded. Null when it is, or nothing is known. */
  readonly error: KabarError | null
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
export type AccountSwitchParts = Omit<AccountParts, 'ask' | 'mutate' | 'follow' | 'isTabAlive' | 'sessionEnded'> & {
  /** Makes requests as one user, and as nobody else. */
  requestsOf(userId: string): Pick<AccountParts, 'ask' | 'mutate'>
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
  let isClosed = false
  /** Why the account is not open yet; null when nothing is known. */
  let error: KabarError | null = null
  /** The user whose session has run out, while nobody else signs in. */
  let expired: string | null = null
  /** Users who have signed out, or for whom another one has signed in: what is kept for them is to be deleted. */
  const leaving = new Set<string>()
  /** Ends all waits: the client is closed, and what it waits for does not come. */
  let giveUp: () => void = () => {}
  let isOver = false
  const over = new Promise<void>((resolve) => (giveUp = resolve)).then(() => {
    isOver = true
  })
  const loaded = Promise.race([session.loaded, over])
  let changing = Promise.resolve()
  const backoff = createBackoff()
  const rooms = createFacade<RoomsState>(emptyRooms)
  const account = createFacade<AccountState>(emptyAccount)
  const people = createFacade<PeopleState>(emptyPeople)
  const facades = createRoomFacades(makeRoom)
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
    facades.point(next && ((id) => opening(next.rooms.live(id), next)))
    parts.statusChanged()
  }

  /** Opens an account. Tries again while its code cannot be loaded; null when another user is wanted meanwhile. */
  async function open(viewerId: string): Promise<Account | null> {
    for (;;) {
      try {
        const [{ openAccount }] = await Promise.all([loadPart(() => import('./account.ts')), sources.share(viewerId)])
        error = null
        if (wanted !== viewerId) return null
        const sessionEnded = () => void session.accessToken({ fresh: true }).catch(() => {})
        const requests = parts.requestsOf(viewerId)
        return await openAccount(viewerId, { ...parts, ...requests, follow: sources.follow, isTabAlive, sessionEnded })
      } catch (thrown) {
        error = toKabarError(thrown, parts.options.url)
        parts.onError(error)
        parts.statusChanged()
        if (!isClosed) await backoff.wait()
        if (isClosed || wanted !== viewerId) return null
      }
    }
  }

  /** Deletes what is kept for a user whose account is not open. */
  async function wipeKept(userId: string): Promise<void> {
    leaving.delete(userId)
    try {
      const tables = await parts.options.persistence?.open(scopeOf(parts.options, userId))
      await tables?.clear()
      tables?.close()
    } catch (cause) {
      parts.onError(new KabarError('STORAGE', 'What was kept for an account could not be deleted.', { cause }))
    }
  }

  /** Ends the account that is open, and wipes it if its user has left. */
  async function leave(before: Account): Promise<void> {
    show(null)
    sources.reset()
    if (leaving.delete(before.viewerId)) await before.wipe()
    else await before.close()
  }

  async function change(viewerId: string | null): Promise<void> {
    if (current && current.viewerId !== viewerId) await leave(current)
    for (const userId of [...leaving]) await wipeKept(userId)
    // signed out, or another one, in the meantime: the next change is waiting
    if (!viewerId || wanted !== viewerId || current) return
    const next = await open(viewerId)
    if (next && wanted === viewerId && !isOver) show(next)
    else await next?.close()
  }

  function look(): void {
    const { status, user } = session.getSnapshot()
    if (status === 'loading') return
    const to = user?.id ?? null
    // a session that has run out is signed in again, and sends what waits; any other data is not for the next user
    const isExpired = !to && Reflect.get(session.getSnapshot(), 'reason') === 'expired'
    const before = wanted ?? expired
    expired = isExpired ? session.expiredUserId : null
    if (before && before !== to && !isExpired) leaving.add(before)
    if (to) leaving.delete(to)
    if (to === wanted && leaving.size === 0) return
    wanted = to
    backoff.hurry()
    const changed = changing.then(() => change(to)).catch((thrown) => parts.onError(toKabarError(thrown, '')))
    changing = Promise.race([changed, over])
  }

  /** Waits for the account of who is signed in. */
  async function ready(): Promise<Account> {
    await loaded
    await changing
    if (current) return current
    if (isClosed) throw new KabarError('CANCELLED', 'The client is closed.')
    throw new KabarError('UNAUTHENTICATED', 'Nobody is signed in. Sign in first.')
  }

  const stop = session.subscribe(look)
  void session.loaded.then(look)

  const list = async () => (await ready()).list()

  function makeRoom(id: string, { getSnapshot, subscribe }: Live<RoomState>): Room {
    const live = async () => (await ready()).rooms.of(id).room
    return {
      ...{ id, getSnapshot, subscribe },
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
      loadNewer: async () => (await live()).loadNewer(),
      showNewest: async () => (await live()).showNewest(),
      load: async (from, to) => (await live()).load(from, to),
      loadMoreMembers: async () => (await live()).loadMoreMembers(),
      verify: async () => (await live()).verify(),
    }
  }

  return {
    get current() {
      return current
    },
    get error() {
      return error
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
    room: facades.of,
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
      const timer = setTimeout(giveUp, bounds.closeMs)
      await loaded
      await changing
      clearTimeout(timer)
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
