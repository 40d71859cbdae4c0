import { setTimeout as wait } from 'node:timers/promises'
import { openSocketWire, say, type Wire } from '../wire.ts'
import type { Target } from './target.ts'

/** Sockets that one address and one user may have open. */
export interface SocketPlaces {
  readonly perAddress: number
  readonly perUser: number
}

/**
 * Opens as many sockets as may be open, and one more: what was not given back is missing. Returns what is wrong.
 *
 * A server notices a little later that a socket is gone.
 */
export async function missingPlaces(target: Target, places: SocketPlaces): Promise<string | null> {
  for (const end = performance.now() + noticedMsMax; ; await wait(100)) {
    const missing = await missingNow(target, places)
    if (missing === null || performance.now() > end) return missing
  }
}

const noticedMsMax = 10_000

async function missingNow(target: Target, { perAddress, perUser }: SocketPlaces): Promise<string | null> {
  const opened: Wire[] = []
  try {
    const ofUser = await enter(target, Math.min(perUser + 1, perAddress), opened)
    if (ofUser !== Math.min(perUser, perAddress)) return `a user may have ${ofUser} sockets, not ${perUser}`
    while (opened.length < perAddress + 1) {
      const wire = await openSocketWire(target)
      if (!wire) break
      opened.push(wire)
    }
    const open = opened.filter((wire) => wire.isOpen()).length
    return open === perAddress ? null : `an address may have ${open} sockets, not ${perAddress}`
  } finally {
    for (const wire of opened) wire.destroy()
  }
}

/** Opens sockets of a user. Returns how many were let in. */
async function enter(target: Target, count: number, opened: Wire[]): Promise<number> {
  let letIn = 0
  for (let left = count; left > 0; left--) {
    const wire = await openSocketWire(target)
    if (!wire) return letIn
    const said = new Promise<string>((resolve) => {
      wire.onBytes = (bytes) => resolve(bytes.toString('latin1'))
    })
    await wire.write(say({ type: 'connection_init', payload: { authorization: `Bearer ${target.person.token}` } }))
    const first = await Promise.race([said, wire.ended])
    if (!first.includes('connection_ack')) {
      wire.destroy()
      await wire.ended
      return letIn
    }
    letIn += 1
    opened.push(wire)
  }
  return letIn
}
