import { expect, test } from 'vitest'
import { givenSeed, playSchedule } from './setup/simulation.ts'

const schedules = 2_500

test('in thousands of random schedules every subscriber gets every event once, in order, or is told why not', async () => {
  const seeds = givenSeed === null ? Array.from({ length: schedules }, (_, index) => index + 1) : [givenSeed]
  for (const seed of seeds) {
    const fault = await playSchedule(seed)
    if (fault) {
      const again = `Play it again with FEED_SEED=${seed} npx vitest run tests/feed-schedules.test.ts`
      expect.fail(`${fault.what}\n${fault.story.slice(-120).join('\n')}\n${again}`)
    }
  }
})
