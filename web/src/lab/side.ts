// One of the two users: a client of their own, and what is known of it.

import { createKabar, type Kabar, memorySession, type Room } from 'kabar-client'
import type { SideName } from './control.ts'
import { bodyOf, createLedger, type Ledger } from './ledger.ts'
import type { Receipts } from './receipts.ts'

/** The counters of a side. */
export interface Figures {
  readonly state: 'live' | 'behind' | 'offline' | 'paused'
  readonly sent: number
  readonly stored: number
  readonly shown: number
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
  readonly takenBack: number
  /** How many were equal to the server's, by digest; null when they differ. */
  readonly verified: number | null
  /** How long the last recovery took; null while there was none. */
  readonly recoveryMs: number | null
}

/** A user of the lab. */
export interface Side {
  readonly name: SideName
  readonly room: Room
  readonly ledger: Ledger
  /** True if so many messages wait that no more are sent by the switch. */
  isFull(): boolean
  /** Sends a message, unless it is paused. Resolves when it is stored. */
  send(): Promise<void>
  pause(isPaused: boolean): void
  /** Measures how long it takes from now to show all that was acknowledged. It ends after `happened` at the soonest. */
  recover(): { happened(): void }
  /** Forgets what was shown after a number. */
  putBack(number: number): void
  /** Looks at what is shown, and counts it. */
  figures(): Figures
  close(): Promise<void>
}

const pendingMax = 30
const verifyMs = 1_000
const pageSize = 50

interface Recovery {
  readonly sinceMs: number
  hasHappened: boolean
  /** True once the side was seen without all that there is. */
  wasLost: boolean
}

/** Makes the client of a side. Its requests say whose they are, so that the lab can disturb one side alone. */
export function createSideClient(name: SideName): Kabar {
  return createKabar({
    url: new URL(`/graphql?side=${name}`, location.href).href,
    sessionStorage: memorySession(),
    sharesConnection: false,
    verify: 'always',
  })
}

/** Creates the side of a client that is a member of the room. */
export function createSide({ name, kabar, room, receipts }: SideParts): Side {
  const ledger = createLedger()
  let sent = 0
  let isPaused = false
  let isLoading = false
  let verified: number | null = 0
  let settled = 0
  let verifiedAtMs = 0
  let isVerifying = false
  let recovery: Recovery | null = null
  let recoveryMs: number | null = null
  const stop = room.subscribe(look)

  function look(): void {
    const state = room.getSnapshot()
    if (recovery && !state.isLive) recovery.wasLost = true
    if (!state.isLive) return
    const missing = ledger.read(state)
    if (missing !== null) load(missing)
    if (recovery) endRecovery(recovery)
  }

  function load(number: number): void {
    if (isLoading) return
    isLoading = true
    room
      .load(number, number + pageSize - 1)
      .catch(() => {}) // tried again at the next look
      .finally(() => {
        isLoading = false
      })
  }

  function endRecovery(current: Recovery): void {
    if (!current.hasHappened || !current.wasLost || ledger.length < receipts.newest()) return
    recoveryMs = performance.now() - current.sinceMs
    recovery = null
  }

  function verify(): void {
    const { isLive, messageCount } = room.getSnapshot()
    const now = performance.now()
    if (!isLive || isPaused || isVerifying || now - verifiedAtMs < verifyMs) return
    if (ledger.length < messageCount) return
    isVerifying = true
    verifiedAtMs = now
    const [before, known] = [ledger.length, receipts.count()]
    room
      .verify()
      .then((isEqual) => {
        verified = isEqual ? Math.min(before, ledger.length) : null
        if (isEqual && ledger.length >= room.getSnapshot().messageCount) settled = known
      })
      .catch(() => {}) // the connection broke meanwhile
      .finally(() => {
        isVerifying = false
      })
  }

  function stateOf(): Figures['state'] {
    if (isPaused) return 'paused'
    const { status } = kabar.connection.getSnapshot()
    if (status === 'offline') return 'offline'
    return room.getSnapshot().isLive ? 'live' : 'behind'
  }

  return {
    ...{ name, room, ledger },
    isFull: () => room.getSnapshot().pending.length >= pendingMax,
    async send() {
      if (isPaused) return
      sent += 1
      const sentAtMs = performance.now()
      const { id, number } = await room.send({ body: bodyOf(sent) })
      receipts.add({ id, number, sentAtMs })
    },
    pause(value) {
      isPaused = value
      // as a tab does that is woken up
      if (!value) kabar.connection.retry()
    },
    recover() {
      const current = { sinceMs: performance.now(), hasHappened: false, wasLost: isPaused }
      recovery = current
      return {
        happened() {
          current.hasHappened = true
          look()
        },
      }
    },
    putBack(number) {
      ledger.cut(number)
      verified = verified === null ? null : Math.min(verified, number)
      settled = 0
    },
    figures() {
      look()
      verify()
      const { stored, lost, takenBack } = receipts.judge(ledger, settled)
      const shown = ledger.length
      return { state: stateOf(), sent, stored, shown, lost, takenBack, verified, recoveryMs, ...ledger.faults() }
    },
    async close() {
      stop()
      await kabar.close()
    },
  }
}

interface SideParts {
  readonly name: SideName
  readonly kabar: Kabar
  readonly room: Room
  readonly receipts: Receipts
}
