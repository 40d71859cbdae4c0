import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { openSocketWire, say, type Wire } from '../wire.ts'
import { letGo } from './let-go.ts'

const socketsMax = 50
const payloadBytes = 200_000
const againMs = 1_000

/** Sockets without a user that send pings as fast as they are taken, and read nothing. */
export const pings: Attacker = {
  name: 'pings',
  what: `${socketsMax} sockets flood pings of ${payloadBytes / 1_000} kB and read nothing`,
  async start({ url }) {
    const tally = createTally()
    const ping = say({ type: 'ping', payload: { filler: 'x'.repeat(payloadBytes) } })
    const flood = async (wire: Wire, signal: AbortSignal) => {
      await wire.write(say({ type: 'connection_init' }))
      wire.deafen()
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      while (wire.isOpen() && !signal.aborted) {
        await Promise.race([wire.write(ping), stopped])
        tally.add(ping.byteLength)
        await new Promise(setImmediate)
      }
    }
    const stop = runLoops({ count: socketsMax, addresses: 5, firstAddress: 10 }, async ({ address, signal }) => {
      const wire = await openSocketWire({ url, address })
      if (!wire) tally.end('refused')
      else {
        await flood(wire, signal)
        await letGo(wire, tally)
      }
      await pause(againMs, signal)
    })
    return { counts: tally.counts, stop }
  },
}
