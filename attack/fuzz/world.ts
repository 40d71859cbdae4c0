import type { World } from '../world.ts'

export async function fuzzWorld(_: World, __: { seed: number; ms: number }): Promise<string[]> {
  return []
}
