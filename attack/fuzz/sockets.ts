// The WebSocket protocol, byte by byte, and graphql-transport-ws upon it, in every order.

import type { Random } from '../../tests/simulation/virtual-time.ts'
import { frame, opcodes, openSocketWire, say, type Wire } from '../wire.ts'
import { makeOperation } from './documents.ts'
import { answerMsMax, type Fuzzer, several, shown } from './fuzzer.ts'
import { createFrameJudge } from './judge.ts'
import type { Target } from './target.ts'

type Make = (random: Random, target: Target) => Buffer

const init = (token?: string) =>
  say({ type: 'connection_init', ...(token && { payload: { authorization: `Bearer ${token}` } }) })

const bytesOf = (random: Random, most: number) => Buffer.from(several(random, [0, most], () => random.below(256)))

/** Pieces of the WebSocket protocol, right and wrong. */
const frames: readonly Make[] = [
  (random) => frame(bytesOf(random, 60), { opcode: random.below(16), isFinal: random.chance(0.7) }),
  (random) => frame(bytesOf(random, 200), { opcode: random.pick([opcodes.ping, opcodes.pong, opcodes.close]) }),
  (random) => frame('{"type":"ping"}', { opcode: opcodes.text, reserved: random.below(8) }),
  () => frame('{"type":"ping"}', { opcode: opcodes.text, isMasked: false }),
  (random) => {
    const text = JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(random.below(3_000)) } })
    const cut = random.below(text.length)
    const between = random.chance(0.5) ? [frame('between', { opcode: opcodes.ping })] : []
    const first = frame(text.slice(0, cut), { opcode: opcodes.text, isFinal: false })
    return Buffer.concat([first, ...between, frame(text.slice(cut), { opcode: 0 })])
  },
  () => frame('a continuation of nothing', { opcode: 0 }),
  () => frame('{"type":"ping"}', { opcode: opcodes.binary }),
  (random) => frame(Buffer.from([0xff, 0xfe, 0xc0, 0x80, random.below(256)]), { opcode: opcodes.text }),
  (random) =>
    frame('short', { opcode: opcodes.text, length: random.pick([126, 65_535, 65_536, 262_145, 2 ** 31, 2 ** 53 - 1]) }),
  (random) => {
    const code = Buffer.alloc(2)
    code.writeUInt16BE(random.pick([0, 999, 1000, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 4400, 4999, 5000, 65_535]))
    const reason = random.chance(0.3) ? Buffer.from([0xff, 0xff]) : Buffer.from('reason')
    return frame(Buffer.concat([code, reason]), { opcode: opcodes.close })
  },
  () => frame('x', { opcode: opcodes.close }),
  (random) => frame('x'.repeat(262_000 + random.below(400)), { opcode: opcodes.text }),
  (random) => Buffer.concat(several(random, [1, 200], () => frame('', { opcode: opcodes.text, isFinal: false }))),
  (random) => Buffer.concat(several(random, [1, 300], () => frame('p', { opcode: opcodes.ping }))),
  (random) => bytesOf(random, 40),
  () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
]

const types = [
  'connection_init',
  'subscribe',
  'complete',
  'ping',
  'pong',
  'connection_ack',
  'next',
  'error',
  'start',
  'stop',
]
const identifiers: readonly unknown[] = [
  '1',
  '2',
  '',
  'x'.repeat(256),
  'x'.repeat(257),
  '\u0000',
  '🦄',
  '__proto__',
  5,
  null,
  {},
  [],
]

/** Messages of graphql-transport-ws, right and wrong. */
const messages: readonly Make[] = [
  (_, { person }) => init(person.token),
  (random) => init(random.pick(['', 'x', 'a.b.c', 'x'.repeat(5_000)])),
  (random) =>
    say({ type: 'connection_init', payload: random.pick([null, 1, [], { authorization: {} }, { headers: {} }, 'x']) }),
  (random, { known }) => subscribe(random, makeOperation(random, known)),
  (random, { known }) => subscribe(random, makeOperation(random, known)),
  (random, { known }) => subscribe(random, makeOperation(random, known)),
  (random, { known: { roomId } }) =>
    subscribe(random, {
      query: 'subscription ($id: ID!) { roomEvents(roomId: $id) { __typename cursor } }',
      variables: { id: roomId },
    }),
  (random) => say({ id: random.pick(identifiers), type: 'complete' }),
  (random) => say({ type: 'ping', payload: random.pick([null, {}, { a: 1 }, [], 'x', { x: 'y'.repeat(5_000) }]) }),
  (random) =>
    say({ id: random.pick(identifiers), type: random.pick(types), payload: random.pick([{}, [], null, 'x', 1]) }),
  (random) =>
    say(random.pick(['', '{', '[]', 'null', '0', '"ping"', '{"type":1}', '{"type":"ping"', '[[['.repeat(9_000)])),
  (random, { person }) =>
    subscribe(random, {
      query: '{ viewer { user { id } } }',
      extensions: {
        headers: random.pick([{ authorization: `Bearer ${person.token}` }, { Authorization: 5 }, [], 'x']),
      },
    }),
]

function subscribe(random: Random, payload: object): Buffer {
  return say({
    id: random.chance(0.7) ? random.pick(['1', '2', '3']) : random.pick(identifiers),
    type: 'subscribe',
    payload,
  })
}

/** Plays pieces on a socket, in chunks of any size, and waits until the server has an answer to all of it. */
function fuzzerOf(name: string, pieces: readonly Make[], initialised: number): Fuzzer {
  return {
    name,
    async play(target, random) {
      const wire = await openSocketWire({ url: target.url, address: target.address })
      if (!wire) return 'the server did not let a socket in'
      const judge = createFrameJudge()
      wire.onBytes = judge.take
      const said = [
        ...(random.chance(initialised) ? [init(random.chance(0.8) ? target.person.token : undefined)] : []),
        ...several(random, [1, 12], () => random.pick(pieces)(random, target)),
      ]
      await writeInChunks(wire, Buffer.concat(said), random)
      const isHalfOpen = random.chance(0.2)
      if (!isHalfOpen) {
        // what came before may have begun a frame of any length: a close that is not answered is no fault, a server that hangs is
        await wire.write(frame('', { opcode: opcodes.close }))
        wire.socket.end()
        const timer = setTimeout(() => wire.destroy(), answerMsMax)
        const began = performance.now()
        await wire.ended
        clearTimeout(timer)
        if (performance.now() - began >= answerMsMax) return `hung after ${shown(said.map(String).join('\n'))}`
      }
      wire.destroy()
      await wire.ended
      const fault = judge.fault()
      return fault === null ? null : `${fault}, after ${shown(said.map(String).join('\n'))}`
    },
  }
}

async function writeInChunks(wire: Wire, bytes: Buffer, random: Random): Promise<void> {
  const pieces = random.chance(0.5) ? 1 : 1 + random.below(6)
  let from = 0
  for (let left = pieces; left > 0; left--) {
    const to = left === 1 ? bytes.length : from + random.below(bytes.length - from + 1)
    await wire.write(bytes.subarray(from, to))
    from = to
    if (left > 1) await new Promise(setImmediate)
  }
}

/** Fuzzes frames: fragments, masks, lengths, opcodes, UTF-8, close codes, control frames in between. */
export const frameFuzzer = fuzzerOf('frames', frames, 0.5)

/** Fuzzes messages: every type, with every id, in every order. */
export const messageFuzzer = fuzzerOf('messages', messages, 0.7)

/** Fuzzes both at once. */
export const socketFuzzer = fuzzerOf('sockets', [...frames, ...messages], 0.7)
