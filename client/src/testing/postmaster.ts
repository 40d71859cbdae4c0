import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const endMs = 6_000
const pollMs = 20

/**
 * Ends the PostgreSQL of a data folder as a crash does: it writes nothing more.
 *
 * A server that is killed leaves it running, in a session of its own. Does nothing where none is left.
 */
export async function endPostmaster(data: string): Promise<void> {
  const pid = pidOf(join(data, 'postgres', 'postmaster.pid'))
  if (pid === null) return
  // SIGQUIT is its immediate shutdown, after at most 5 seconds also of its sessions (manual, section 18.5)
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    for (const end = Date.now() + endMs; isAlive(pid) && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
}

function pidOf(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return pid > 1 ? pid : null
  } catch {
    return null
  }
}

/** Tells whether a process runs. One that has ended and is not collected by its parent yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // no Linux: it is there
    return process.platform !== 'linux'
  }
}
