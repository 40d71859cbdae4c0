// A process of its own for all attackers, so that what they do does not slow those who measure.

import { setPriority } from 'node:os'
import { randomOf } from '../chaos/random.ts'
import type { Attack, Stage } from './attacker.ts'
import { attackers } from './attackers/table.ts'
import type { AttackersAnswer, AttackersCommand } from './attackers.ts'

// elsewhere attackers have processors of their own
setPriority(10)
const running = new Map<string, Attack>()

async function start(names: readonly string[], stage: Stage, seed: number): Promise<void> {
  const chosen = attackers.filter(({ name }) => names.includes(name))
  // the loudest last: what others need to begin is had in peace
  for (const attacker of chosen.toReversed()) {
    running.set(attacker.name, await attacker.start(stage, randomOf(seed, attacker.name)))
  }
}

async function run(command: AttackersCommand): Promise<AttackersAnswer> {
  if (command.kind === 'start') await start(command.names, command.stage, command.seed)
  else await Promise.all(Array.from(running.values(), (attack) => attack.stop()))
  return { counts: Object.fromEntries(Array.from(running, ([name, attack]) => [name, attack.counts()])) }
}

process.on('disconnect', () => process.exit())
process.on('message', (command: AttackersCommand) => {
  run(command).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ counts: {}, error: String(error) } satisfies AttackersAnswer),
  )
})
