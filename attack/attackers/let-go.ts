import { setTimeout as wait } from 'node:timers/promises'
import type { Tally } from '../attacker.ts'
import type { Wire } from '../wire.ts'

const readMs = 2_000

/** Reads what a server has still to say on a connection, hangs up, and counts how it ended. */
export async function letGo(wire: Wire, tally: Tally): Promise<void> {
  if (wire.isOpen()) wire.listen()
  const timer = new AbortController()
  const late = wait(readMs, 'still open', { signal: timer.signal }).catch(() => 'still open')
  tally.end(await Promise.race([wire.ended, late]))
  timer.abort()
  wire.destroy()
}
