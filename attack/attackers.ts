import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AttackCounts, Stage } from './attacker.ts'

/** Commands to the process of the attackers. */
export type AttackersCommand =
  | { readonly kind: 'start'; readonly names: readonly string[]; readonly stage: Stage; readonly seed: number }
  | { readonly kind: 'stop' }

/** The answer of the process once a command is done. */
export interface AttackersAnswer {
  readonly counts: Readonly<Record<string, AttackCounts>>
  readonly error?: string
}

/** The attackers, in a process of their own. */
export interface Attackers {
  /** Resolves when all are under way. */
  start(names: readonly string[], stage: Stage, seed: number): Promise<void>
  /** Ends all attacks, and says what each has done. */
  stop(): Promise<AttackersAnswer['counts']>
  close(): Promise<void>
}

/** Starts the process of the attackers. */
export function openAttackers(): Attackers {
  const child = fork(join(import.meta.dirname, 'attackers-process.ts'), { execArgv: [] })
  const exited = once(child, 'exit')
  const tell = async (command: AttackersCommand) => {
    const answered = once(child, 'message')
    child.send(command)
    const answer = await Promise.race([answered, exited.then(() => null)])
    if (answer === null) throw new Error('the process of the attackers has ended')
    // only our own process sends something
    const [{ counts, error }] = answer as [AttackersAnswer]
    if (error !== undefined) throw new Error(`the attackers failed: ${error}`)
    return counts
  }
  return {
    async start(names, stage, seed) {
      await tell({ kind: 'start', names, stage, seed })
    },
    stop: () => tell({ kind: 'stop' }),
    async close() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
