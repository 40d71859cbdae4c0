import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Measures the bytes of heap that what is made holds, when all else has been collected. */
export async function measureHeld(make: () => unknown): Promise<number> {
  const before = await used()
  const kept = [make()]
  const after = await used()
  // it must live until here
  kept.length = 0
  return after - before
}

async function used(): Promise<number> {
  if (typeof collect !== 'function') throw new Error('garbage cannot be collected')
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}
