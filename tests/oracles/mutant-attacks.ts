// Checks of bounds, which a mutant without the bound must not pass: each gives what was broken, or null.

import { setTimeout as wait } from 'node:timers/promises'
import { announce } from '../../attack/attackers/announce.ts'
import { openSocketWire, openWire, say, type Wire } from '../../attack/wire.ts'
import { ask } from '../../chaos/client.ts'
import { sendMessage } from '../../chaos/operations.ts'
import type { Person } from '../../chaos/world.ts'
import { limits } from '../../src/config/config.ts'

/** Where a bound is tried. */
export interface AttackedStage {
  readonly one: string
  readonly owner: Person
  readonly roomId: string
}

const address = '127.0.0.1'
const answerMs = 60_000
const longBody = '🦄'.repeat(4_000)
const longMessages = 20
/** More than a frame may have that begins no operation. */
const signalBytes = 10_000

/** Longer wait for an expected event: a machine may be busy. */
const insistMs = process.env.MUTANT ? 8_000 : 60_000

/** Checks by their names. */
export const attackChecks: Readonly<Record<string, (stage: AttackedStage) => Promise<string | null>>> = {
  async pings({ one }) {
    const wire = await enter(one)
    await wire.write(say({ type: 'ping', payload: { filler: 'x'.repeat(limits.signalBytesMax - 100) } }))
    await wire.write(say({ type: 'ping', payload: { last: true } }))
    let text = ''
    await until(wire, insistMs, (bytes) => {
      text += bytes.toString('latin1')
      return text.includes('"last":true')
    })
    wire.destroy()
    return text.length < limits.pongPayloadLengthMax * 2 ? null : `a ping was answered with ${text.length} bytes`
  },
  async signals({ one }) {
    const wire = await enter(one)
    await wire.write(say({ type: 'ping', payload: { filler: 'x'.repeat(signalBytes) } }))
    const late = wait(insistMs, 'nothing', { ref: false })
    const end = await Promise.race([wire.ended, late])
    wire.destroy()
    return end === '1009' ? null : `a large ping was answered with ${end}, not 1009`
  },
  async nesting({ one, owner }) {
    const query = `{ nodes(ids: ${'['.repeat(600)}${']'.repeat(600)}) { id } }`
    return mustBeTooComplex(one, owner, { query, variables: {} })
  },
  async answers({ one, owner, roomId }) {
    await fill(one, owner, roomId)
    const bodies = Array.from({ length: 48 }, (_, index) => `b${index}: body`).join(' ')
    const query = `query ($id: ID!) { room(id: $id) { messages(last: ${longMessages}) { nodes { ${bodies} } } } }`
    return mustBeTooComplex(one, owner, { query, variables: { id: roomId } })
  },
  async trickle({ one, owner }) {
    const bytes = 100_000
    const announced = await announce(one, owner, { name: 'slow.bin', mimeType: 'application/octet-stream', bytes })
    if (!announced) return 'no upload could be announced'
    const wire = openWire({ url: one, address })
    await wire.write(`PUT ${announced.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`)
    const dripping = setInterval(() => void wire.write('x'), 100)
    const answered = await until(wire, insistMs, () => true)
    clearInterval(dripping)
    wire.destroy()
    return answered ? null : 'an upload of ten bytes a second was not ended'
  },
}

async function enter(url: string, person?: Person): Promise<Wire> {
  const wire = await openSocketWire({ url, address })
  if (!wire) throw new Error('a socket was not let in')
  const payload = person && { authorization: `Bearer ${person.token}` }
  await wire.write(say({ type: 'connection_init', ...(payload && { payload }) }))
  await until(wire, answerMs, (bytes) => bytes.includes('connection_ack'))
  return wire
}

/** Reads until something came, or for so long. Returns whether it came. */
async function until(wire: Wire, ms: number, isSo: (bytes: Buffer) => boolean): Promise<boolean> {
  const came = new Promise<boolean>((resolve) => {
    wire.onBytes = (bytes) => {
      if (isSo(bytes)) resolve(true)
    }
  })
  const timer = new AbortController()
  const late = wait(ms, false, { signal: timer.signal }).catch(() => false)
  const result = await Promise.race([came, late])
  timer.abort()
  wire.onBytes = null
  return result
}

async function fill(url: string, { token }: Person, roomId: string): Promise<void> {
  for (let index = 0; index < longMessages; index++) {
    const variables = { input: { roomId, body: longBody, nonce: `long ${index}` } }
    const { kind } = await ask(url, { query: sendMessage, variables, token }, answerMs)
    if (kind !== 'done') throw new Error('a long message could not be sent')
  }
}

async function mustBeTooComplex(
  url: string,
  { token }: Person,
  operation: { query: string; variables: Record<string, unknown> },
): Promise<string | null> {
  const answer = await ask(url, { ...operation, token }, answerMs)
  const code = answer.kind === 'done' ? 'an answer' : answer.code
  return code === 'OPERATION_TOO_COMPLEX' ? null : `got ${code}, not OPERATION_TOO_COMPLEX`
}
