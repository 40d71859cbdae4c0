import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { openWire } from '../wire.ts'
import { letGo } from './let-go.ts'

const readersMax = 20
const askMs = 500
const againMs = 1_000

/** HTTP clients that ask for the heaviest answers that are allowed, and read none. */
export const readers: Attacker = {
  name: 'readers',
  what: `${readersMax} HTTP readers stop to read the heaviest allowed answers`,
  async start(stage) {
    const tally = createTally()
    const body = JSON.stringify(stage.heaviest)
    const { host } = new URL(stage.url)
    const stop = runLoops({ count: readersMax, addresses: 2, firstAddress: 30 }, async ({ index, address, signal }) => {
      const token = stage.people[index % stage.people.length]?.token ?? ''
      const wire = openWire({ url: stage.url, address })
      wire.deafen()
      const lines = [
        ...['POST /graphql HTTP/1.1', `Host: ${host}`, 'Content-Type: application/json'],
        ...[`Authorization: Bearer ${token}`, `Content-Length: ${Buffer.byteLength(body)}`],
      ]
      const request = `${lines.join('\r\n')}\r\n\r\n${body}`
      while (wire.isOpen() && !signal.aborted) {
        const gone = pause(askMs, signal)
        await Promise.race([wire.write(request), pause(askMs * 4, signal)])
        tally.add(request.length)
        await gone
      }
      await letGo(wire, tally)
      await pause(againMs, signal)
    })
    return { counts: tally.counts, stop }
  },
}
