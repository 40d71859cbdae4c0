import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { openSocketWire, say } from '../wire.ts'
import { letGo } from './let-go.ts'

const socketsMax = 50
const askMs = 250
const againMs = 1_000

/** Sockets of users that ask for the heaviest answers that are allowed, and read none. */
export const answers: Attacker = {
  name: 'answers',
  what: `${socketsMax} sockets ask the heaviest allowed answers and read nothing`,
  async start(stage) {
    const tally = createTally()
    const payload = stage.heaviest
    const stop = runLoops({ count: socketsMax, addresses: 5, firstAddress: 20 }, async ({ index, address, signal }) => {
      const token = stage.people[index % stage.people.length]?.token ?? ''
      const wire = await openSocketWire({ url: stage.url, address })
      if (!wire) tally.end('refused')
      else {
        await wire.write(say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
        // a subscription before the acknowledgement would close the socket
        await new Promise<void>((resolve) => {
          wire.onBytes = () => resolve()
          void wire.ended.then(() => resolve())
        })
        wire.deafen()
        for (let id = 0; wire.isOpen() && !signal.aborted; id++) {
          const text = say({ id: String(id), type: 'subscribe', payload })
          const gone = pause(askMs, signal)
          await Promise.race([wire.write(text), pause(askMs * 4, signal)])
          tally.add(text.byteLength)
          await gone
        }
        await letGo(wire, tally)
      }
      await pause(againMs, signal)
    })
    return { counts: tally.counts, stop }
  },
}
