import { expect, test } from 'vitest'
import { formatRun } from '../../chaos/report.ts'
import { checkOut } from '../../scripts/checkout.ts'
import { lastRelease } from '../../upgrades/releases.ts'
import { upgrade } from '../../upgrades/rolling.ts'
import { patienceMs } from '../support/patience.ts'
import { givenSeed } from '../support/world.ts'

test('the server of the last release and this one serve one database at the same time', async ({
  skip,
  onTestFinished,
}) => {
  const release = lastRelease() ?? skip('No release is tagged yet.')
  const { folder, remove } = await checkOut(release)
  onTestFinished(remove)
  const seed = givenSeed ?? Math.floor(Math.random() * 1_000_000_000)
  const result = await upgrade({ folder, seed, warmMs: 300, caughtUpMsMax: patienceMs, say: () => {} })
  expect(
    result.violations,
    `${formatRun(result)}\nPlay it again: npm run upgrades -- ${release} --seed ${seed}`,
  ).toEqual([])
  expect(result.acked).toBeGreaterThan(20)
})
