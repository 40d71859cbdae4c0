import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { openWire } from '../wire.ts'
import { type Announced, announce } from './announce.ts'

const uploadsMax = 128
const bytes = 10_000
const trickleMs = 5_000
const againMs = 2_000

/** Uploads that send a byte now and then, as many as a server takes at once. */
export const uploads: Attacker = {
  name: 'uploads',
  what: `${uploadsMax} uploads send a byte each ${trickleMs / 1_000} s`,
  async start({ url, people }) {
    const tally = createTally()
    const { host } = new URL(url)
    const input = { name: 'slow.bin', mimeType: 'application/octet-stream', bytes }
    const announceFor = async (index: number) => {
      const person = people[index % people.length]
      return person ? announce(url, person, input) : null
    }
    // each URL takes bytes until it has got all of them, so that they are asked for once
    const announced: (Announced | null)[] = []
    for (let index = 0; index < uploadsMax; index++) announced.push(await announceFor(index))
    const stop = runLoops({ count: uploadsMax, addresses: 8, firstAddress: 50 }, async ({ index, address, signal }) => {
      const path = announced[index]?.path
      if (path === undefined) {
        tally.end('not announced')
        return pause(againMs * 5, signal)
      }
      const wire = openWire({ url, address })
      let status: string | null = null
      wire.onBytes = (answer) => {
        status ??= `status ${answer.toString('latin1', 9, 12)}`
      }
      await wire.write(`PUT ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bytes}\r\n\r\n`)
      while (wire.isOpen() && status === null && !signal.aborted) {
        await wire.write('x')
        tally.add(1)
        await Promise.race([pause(trickleMs, signal), wire.ended])
      }
      tally.end(status ?? (wire.isOpen() ? 'still open' : await wire.ended))
      wire.destroy()
      await pause(againMs, signal)
    })
    return { counts: tally.counts, stop }
  },
}
