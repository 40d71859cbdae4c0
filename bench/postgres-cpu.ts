import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/**
 * CPU that PostgreSQL has used since it began, in microseconds: all processes of the one that a backend belongs to.
 *
 * NaN where the system does not tell (it is read from /proc). It counts in steps of 10 ms.
 */
export function postgresCpuMicros(backendPid: number): number {
  try {
    const { parent } = readProcess(backendPid)
    const postmaster = readProcess(parent)
    let ticks = postmaster.ticks + postmaster.endedTicks
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const found = readProcessOrNull(Number(name))
      if (found?.parent === parent) ticks += found.ticks
    }
    return (ticks / ticksPerSecond) * 1e6
  } catch {
    return Number.NaN
  }
}

function readProcessOrNull(pid: number): ReturnType<typeof readProcess> | null {
  try {
    return readProcess(pid)
  } catch {
    return null // it has ended since the folder was listed
  }
}

/** Fields of proc(5): 4 is the parent, 14 and 15 its own time, 16 and 17 that of children that have ended. */
function readProcess(pid: number): { parent: number; ticks: number; endedTicks: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  const field = (number: number) => Number(fields[number - 3])
  return { parent: field(4), ticks: field(14) + field(15), endedTicks: field(16) + field(17) }
}
