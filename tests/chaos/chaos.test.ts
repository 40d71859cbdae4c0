import { expect } from 'vitest'
import { backendsKilled, listenersSwallowed } from '../../chaos/faults/connections.ts'
import { serverKilled } from '../../chaos/faults/processes.ts'
import { socketsPaused } from '../../chaos/faults/sockets.ts'
import { formatRun } from '../../chaos/report.ts'
import { runFaults } from '../../chaos/run.ts'
import { patienceMs } from '../support/patience.ts'
import { givenSeed, test } from '../support/world.ts'

test('P10 a server may die, PostgreSQL may lose connections: under load nothing is lost, repeated or out of order', async ({
  world,
}) => {
  const seed = givenSeed ?? Math.floor(Math.random() * 1_000_000_000)
  const lines: string[] = []
  const result = await runFaults(world, [backendsKilled, listenersSwallowed, serverKilled, socketsPaused], {
    ...{ seed, size: { rooms: 2, observers: 20, pauseMs: 40 } },
    // the promised 5 s are the bound of `npm run chaos`; a slow machine that is busy with other tests gets more
    ...{ warmMs: 300, faultMs: 600, caughtUpMsMax: patienceMs },
    say: (line) => lines.push(line),
  })
  const again = `Play it again: CHAOS_SEED=${seed} npx vitest run tests/chaos/chaos.test.ts`
  expect(result.violations, `${formatRun(result)}\n${again}`).toEqual([])
  expect(result.acked).toBeGreaterThan(20)
  expect(lines).toHaveLength(4)
})
