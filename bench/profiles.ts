// Where a server's time went: what V8 wrote with --cpu-prof, summed up per function.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const functionsShown = 30

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    /** The ids of the nodes that it calls. */
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

/** Lists the profiles of a folder. */
export function profilesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => join(directory, name))
}

/** Writes a table for each profile that has been written since a moment. */
export function formatProfiles(directory: string, since: Date): string {
  const files = profilesIn(directory).filter((file) => statSync(file).mtime >= since)
  return files.map((file) => `\n${file}\n${formatProfile(file)}`).join('\n')
}

/** The time in which a server starts: its modules are loaded, and its code is not compiled yet. */
const startMicros = 3_000_000

/**
 * Returns the part of a profile's time that some files take, from 0 to 1, without the start.
 *
 * A function is charged with the work of Node and V8 for it, but not with the collection of its garbage.
 */
export function shareOf(file: string, isOfThem: (url: string) => boolean): number {
  const { nodes, samples, timeDeltas } = readProfile(file)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const ofThem = new Set<number>()
  const idle = new Set<number>()
  const pending = nodes.slice(0, 1).map((node) => ({ node, isInherited: false }))
  for (const { node, isInherited } of pending) {
    const { url, functionName } = node.callFrame
    const isOwn = url.startsWith('file:') ? isOfThem(url) : isInherited
    if (isOwn) ofThem.add(node.id)
    if (functionName === '(idle)') idle.add(node.id)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) pending.push({ node: child, isInherited: isOwn })
    }
  }
  let [theirs, all, at] = [0, 0, 0]
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index] ?? 0
    const micros = idle.has(id) || at < startMicros ? 0 : (timeDeltas[index] ?? 0)
    all += micros
    if (ofThem.has(id)) theirs += micros
  }
  return theirs / all
}

const readProfile = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Profile

/** The functions that took most time themselves, with their share of the time in which the process was not idle. */
function formatProfile(file: string): string {
  const { nodes, samples, timeDeltas } = readProfile(file)
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
