import { bounds } from '../config.ts'
import type { RoomData } from '../store/room-data.ts'
import { addWants, noWants } from '../store/wants.ts'
import { toKabarError } from '../transport/answers.ts'
import { isTemporary } from '../transport/retry.ts'
import type { Ask } from './parts.ts'
import { readWants } from './room-reads.ts'

/** Reads what events do not tell, gathered for a moment. */
export interface WantsReader {
  /** Looks whether something is wanted. */
  look(): void
  /** Reads soon what waits for another attempt: the server can be reached. */
  hurry(): void
  close(): void
}

/** Makes the reader of a room's wants. */
export function createWantsReader({
  ask,
  data,
  isOpen,
  changed,
}: {
  ask: Ask
  data(): RoomData
  isOpen(): boolean
  changed(): void
}): WantsReader {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false

  function look(ms: number = bounds.refreshMs): void {
    if (isRunning || !isOpen() || data().wants === noWants) return
    timer ??= setTimeout(() => {
      timer = undefined
      void run()
    }, ms)
  }

  async function run(): Promise<void> {
    const own = data()
    own.wanted = own.wants
    own.wants = noWants
    isRunning = true
    let waitMs: number | undefined
    try {
      await readWants(ask, own, own.wanted)
    } catch (thrown) {
      // a room that the viewer is out of is told of by its stream
      if (isTemporary(toKabarError(thrown, ''))) {
        own.wants = addWants(own.wants, own.wanted)
        waitMs = bounds.retryMaxMs
      }
    }
    own.wanted = noWants
    isRunning = false
    // what was read anew meanwhile wants nothing of this
    if (own === data()) changed()
    look(waitMs)
  }

  return {
    look: () => look(),
    hurry() {
      clearTimeout(timer)
      timer = undefined
      look()
    },
    close: () => clearTimeout(timer),
  }
}
