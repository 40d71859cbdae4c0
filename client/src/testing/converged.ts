import type { Room, RoomState } from '../api/room.ts'

/** How long to wait for it. */
export interface ConvergedOptions {
  /** 15 seconds when not given. */
  readonly withinMs?: number
}

/**
 * Waits until a room shows what the server has.
 *
 * It is up to date, nothing is on its way, and it is equal by digest at the newest cursor of the server. Throws an Error that says what was wrong last.
 */
export async function expectConverged(room: Room, { withinMs = 15_000 }: ConvergedOptions = {}): Promise<void> {
  const deadline = Date.now() + withinMs
  const stop = room.subscribe(() => {})
  try {
    for (;;) {
      const wrong = faultOf(room.getSnapshot()) ?? (await differs(room))
      if (wrong === null) return
      if (Date.now() > deadline)
        throw new Error(`Room ${room.id} is not what the server has after ${withinMs} ms: ${wrong}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  } finally {
    stop()
  }
}

function faultOf({ status, error, isLive, pending }: RoomState): string | null {
  if (status !== 'ready') return `it is ${status}${error ? ` (${error.message})` : ''}`
  if (!isLive) return 'it is not up to date'
  return pending.length > 0 ? `${pending.length} messages are on their way` : null
}

async function differs(room: Room): Promise<string | null> {
  try {
    return (await room.verify()) ? null : 'it was behind or differed by digest, and was read again'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
