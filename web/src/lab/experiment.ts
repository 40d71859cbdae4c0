// Two users in one room, the traffic between them, and what happens to them.

import type { Kabar } from 'kabar-client'
import { type CreateRoomData, createRoomMutation, type JoinRoomData, joinRoomMutation } from '../rooms/operations.ts'
import type { MakeFault, SideName } from './control.ts'
import { createReceipts } from './receipts.ts'
import { createSide, createSideClient, type Figures, type Side } from './side.ts'

/** The state that the page shows. */
export interface ExperimentState {
  readonly isSending: boolean
  /** The fault of the server that happens now. */
  readonly happening: 'kill' | 'rewind' | null
  readonly figures: Readonly<Record<SideName, Figures>>
}

/** An experiment. */
export interface Experiment {
  readonly sides: readonly Side[]
  getSnapshot(): ExperimentState
  subscribe(listener: () => void): () => void
  setSending(isSending: boolean): void
  cut(side: Side): Promise<void>
  setPaused(side: Side, isPaused: boolean): Promise<void>
  /** Kills the server, which is started again. */
  kill(): Promise<void>
  /** Puts the database back by some messages that were acknowledged. */
  rewind(): Promise<void>
  close(): Promise<void>
}

/** Each of the two sends every 100 ms: 20 messages a second. */
const sendMs = 100
const lookMs = 200
/** Messages that are acknowledged before they are taken back. */
const takenBackMin = 4

/** Starts an experiment: two guests, and a room of theirs. */
export async function startExperiment(
  makeFault: MakeFault,
  names: Readonly<Record<SideName | 'room', string>>,
): Promise<Experiment> {
  const [left, right] = [createSideClient('left'), createSideClient('right')]
  const receipts = createReceipts()
  // a page before this one may have left them paused
  for (const side of ['left', 'right'] as const) await makeFault({ fault: 'resume', side })
  const roomId = await openRoom([left, right], names)
  const sideOf = (name: SideName, kabar: Kabar) => createSide({ name, kabar, room: kabar.room(roomId), receipts })
  const sides = { left: sideOf('left', left), right: sideOf('right', right) }
  return createExperiment({ sides, makeFault, receipts })
}

async function openRoom(
  [left, right]: readonly [Kabar, Kabar],
  names: Readonly<Record<SideName | 'room', string>>,
): Promise<string> {
  await Promise.all([
    left.session.signInAsGuest({ displayName: names.left }),
    right.session.signInAsGuest({ displayName: names.right }),
  ])
  const made = await left.mutate<CreateRoomData>(createRoomMutation, { input: { name: names.room, access: 'OPEN' } })
  const { id: roomId } = made.createRoom.room
  await right.mutate<JoinRoomData>(joinRoomMutation, { input: { roomId } })
  return roomId
}

interface ExperimentParts {
  readonly sides: Readonly<Record<SideName, Side>>
  readonly makeFault: MakeFault
  readonly receipts: ReturnType<typeof createReceipts>
}

function createExperiment({ sides, makeFault, receipts }: ExperimentParts): Experiment {
  const both = [sides.left, sides.right]
  const listeners = new Set<() => void>()
  let isSending = false
  let happening: ExperimentState['happening'] = null
  let state = look()

  function look(): ExperimentState {
    return { isSending, happening, figures: { left: sides.left.figures(), right: sides.right.figures() } }
  }
  function change(): void {
    state = look()
    for (const listener of listeners) listener()
  }
  const looking = setInterval(change, lookMs)
  const sending = setInterval(() => {
    const senders = isSending ? both.filter((side) => !side.isFull()) : []
    // a refused message is not stored, and counted as sent
    for (const side of senders) side.send().catch(() => {})
  }, sendMs)

  /** Lets something happen to sides, and measures how long they take to recover. */
  async function disturb(disturbed: readonly Side[], happen: () => Promise<void>): Promise<void> {
    const recoveries = disturbed.map((side) => side.recover())
    try {
      await happen()
    } finally {
      for (const recovery of recoveries) recovery.happened()
      change()
    }
  }

  async function meanwhile(name: NonNullable<typeof happening>, happen: () => Promise<void>): Promise<void> {
    happening = name
    change()
    try {
      await happen()
    } finally {
      happening = null
      change()
    }
  }

  return {
    sides: both,
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setSending(value) {
      isSending = value
      change()
    },
    cut: (side) => disturb([side], () => makeFault({ fault: 'cut', side: side.name })),
    async setPaused(side, isPaused) {
      if (isPaused) {
        await makeFault({ fault: 'pause', side: side.name })
        side.pause(true)
        change()
        return
      }
      await disturb([side], async () => {
        await makeFault({ fault: 'resume', side: side.name })
        side.pause(false)
      })
    },
    kill: () => meanwhile('kill', () => disturb(both, () => makeFault({ fault: 'kill' }))),
    rewind: () =>
      meanwhile('rewind', async () => {
        const kept = receipts.newest()
        await makeFault({ fault: 'mark' })
        const others = receipts.reached(receipts.count() + takenBackMin)
        // the switch may be off
        for (const side of both) for (let left = takenBackMin; left > 0; left--) side.send().catch(() => {})
        await others
        await disturb(both, async () => {
          await makeFault({ fault: 'rollBack' })
          receipts.putBack(kept)
          for (const side of both) side.putBack(kept)
        })
      }),
    async close() {
      clearInterval(looking)
      clearInterval(sending)
      await Promise.all(both.map((side) => side.close()))
    },
  }
}
