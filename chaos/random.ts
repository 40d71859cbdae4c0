import { hash } from 'node:crypto'
import { createRandom, type Random } from '../tests/simulation/virtual-time.ts'

/** Makes the numbers of one actor: they follow from the seed of the run and the actor's name alone. */
export function randomOf(seed: number, name: string): Random {
  return createRandom(Number.parseInt(hash('sha256', `${seed} ${name}`).slice(0, 8), 16))
}
