import { defineConfig } from 'vitest/config'
import { patienceMs, testMs } from './tests/support/patience.ts'

export default defineConfig({
  // the same conditions as Node's own: `development` would load a second copy of graphql beside the one of its users
  ssr: { resolve: { conditions: ['module-sync', 'node'], externalConditions: ['module-sync', 'node'] } },
  test: {
    include: ['tests/**/*.test.ts', 'client/tests/**/*.test.ts', 'web/tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: testMs,
    hookTimeout: testMs,
    expect: { poll: { timeout: patienceMs } },
    teardownTimeout: 30_000,
    // A test that passes at the second try has found a fault.
    retry: 0,
    maxWorkers: 2,
    maxConcurrency: 3,
    // Modules hold no state, so that a worker imports and warms up each one once: a third less CPU.
    isolate: false,
  },
})
