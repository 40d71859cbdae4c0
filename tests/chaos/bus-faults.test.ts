import { expect } from 'vitest'
import { busKinds, missingBus } from '../../chaos/bus.ts'
import { busFrozen, busKilled, busRestarted } from '../../chaos/faults/bus.ts'
import { formatRun } from '../../chaos/report.ts'
import { runFaults } from '../../chaos/run.ts'
import { openWorld } from '../../chaos/world.ts'
import { test } from '../support/database.ts'
import { patienceMs } from '../support/patience.ts'
import { givenSeed } from '../support/world.ts'

const busKind = busKinds.find((kind) => missingBus(kind) === null)

test('P10 the bus may die, stand still or be restarted: no send fails, and nothing is lost, repeated or out of order', async ({
  databaseUrl,
  skip,
}) => {
  if (!busKind) return skip('no bus is installed')
  const seed = givenSeed ?? Math.floor(Math.random() * 1_000_000_000)
  const world = await openWorld({ servers: 2, writers: 3, readers: 5, databaseUrl, specialty: 'bus', busKind })
  try {
    const result = await runFaults(world, [busKilled, busFrozen, busRestarted], {
      ...{ seed, size: { rooms: 1, observers: 6, pauseMs: 40 } },
      ...{ warmMs: 300, faultMs: 600, caughtUpMsMax: patienceMs },
      say: () => {},
    })
    const again = `Play it again: CHAOS_SEED=${seed} npx vitest run tests/chaos/bus-faults.test.ts`
    expect(result.violations, `${formatRun(result)}\n${again}`).toEqual([])
    expect(result.acked).toBeGreaterThan(20)
  } finally {
    await world.close()
  }
})
