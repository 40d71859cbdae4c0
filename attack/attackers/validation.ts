import { Agent } from 'node:http'
import type { Random } from '../../tests/simulation/virtual-time.ts'
import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { sendRequest } from './http-request.ts'

const loops = 12
const waitMsMax = 1_000

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

/** Documents that cost much before anything is executed, each in the bounds of its size. */
const documents: readonly ((random: Random) => string)[] = [
  () => `{ ${times(180, () => 'users(first: 1) { nodes { id name: displayName } }')} }`,
  () => `{ users(first: 1) { nodes { ${'id '.repeat(1_900)} } } }`,
  () => `{ ${times(48, (i) => `a: users(first: 1) { nodes { b${i}: id ...F } }`)} } fragment F on User { id id }`,
  () =>
    `{ ${times(20, (i) => `...F${i}`)} } ${times(20, (i) => `fragment F${i} on Query { users { nodes { ${'id '.repeat(60)} } } }`)}`,
  () =>
    `{ ...F0 } ${times(200, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F200 on Query { __typename }`,
  () => `{ nodes(ids: ${'['.repeat(990)}${']'.repeat(990)}) { id } }`,
  () => `query (${times(300, (i) => `$v${i}: ID`)}) { __typename ${times(200, (i) => `a: node(id: $v${i}) { id }`)} }`,
  () => `{ ${times(300, () => '... on Query { server { name } }')} }`,
  (random) => `{ ${times(600, () => `x${random.below(1e6)}`)} }`,
  () => '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
]

/** Requests without a user whose documents are all different, as fast as they are taken. */
export const validation: Attacker = {
  name: 'validation',
  what: `${loops} clients without a user ask documents that are hard to check, all different`,
  async start({ url }, random) {
    const tally = createTally()
    const agent = new Agent({ keepAlive: true, maxSockets: loops })
    let asked = 0
    const stop = runLoops({ count: loops, addresses: 3, firstAddress: 40 }, async ({ address, signal }) => {
      asked += 1
      const body = JSON.stringify({ query: `${random.pick(documents)(random)} # ${asked}` })
      const { how, retryAfterMs } = await sendRequest(`${url}/graphql`, {
        ...{ address, agent, body },
        headers: { 'content-type': 'application/json' },
      })
      tally.add(body.length)
      tally.end(how)
      if (how === 'RATE_LIMITED') await pause(Math.min(retryAfterMs, waitMsMax), signal)
    })
    return {
      counts: tally.counts,
      async stop() {
        await stop()
        agent.destroy()
      },
    }
  },
}
