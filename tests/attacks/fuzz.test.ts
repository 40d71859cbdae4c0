import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect } from 'vitest'
import { fuzzWorld } from '../../attack/fuzz/world.ts'
import { isError } from '../../attack/server-process.ts'
import { guest, makeRoom } from '../support/client.ts'
import { test } from '../support/server.ts'
import { givenSeed } from '../support/world.ts'

const ms = 10_000
const places = { perAddress: 40, perUser: 20 }

test('whatever is said on sockets and over HTTP, answers are coded, others go on, and all places are given back', async ({
  start,
}) => {
  const seed = givenSeed ?? Math.floor(Math.random() * 1_000_000_000)
  const errors: string[] = []
  const log = pino(
    { level: 'warn' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        errors.push(...chunk.toString().split('\n').filter(isError))
        done()
      },
    }),
  )
  const { url } = await start(
    {
      production: true,
      edge: { socketsPerAddressMax: places.perAddress, socketsPerUserMax: places.perUser },
    },
    { log },
  )
  const people = await Promise.all([guest({ url }), guest({ url })])
  const [owner, ...others] = people
  const normal = { people, roomId: await makeRoom(owner, others) }
  const server = { url, crash: () => null, errors: () => errors }
  const lines: string[] = []
  const faults = await fuzzWorld({ server, normal }, { seed, ms, places, say: (line) => lines.push(line) })
  expect(
    faults,
    `Play it again: CHAOS_SEED=${seed} npx vitest run tests/attacks/fuzz.test.ts\n${lines.join()}`,
  ).toEqual([])
})
