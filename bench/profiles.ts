// Where a server's time went: what V8 wrote with --cpu-prof, summed up per function.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const functionsShown = 30

interface Profile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

/** Writes a table for each profile that has been written since a moment. */
export function formatProfiles(directory: string, since: Date): string {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).mtime >= since)
  return files.map((file) => `\n${file}\n${formatProfile(file)}`).join('\n')
}

/** The functions that took most time themselves, with their share of the time in which the process was not idle. */
function formatProfile(file: string): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  const microsOf = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = nameOf.get(id) ?? 'unknown'
    microsOf.set(name, (microsOf.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  microsOf.delete('(idle)')
  const busy = [...microsOf.values()].reduce((sum, micros) => sum + micros, 0)
  const rows = [...microsOf].sort(([, a], [, b]) => b - a).slice(0, functionsShown)
  return rows.map(([name, micros]) => `  ${((micros / busy) * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n')
}

function placeOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/(?=src\/|bench\/)/, '')
  return `${functionName || '(anonymous)'}  ${file}:${lineNumber + 1}`
}
