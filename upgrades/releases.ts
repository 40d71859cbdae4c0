// Releases are tags of git such as v0.2.0.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The folder of the project. */
export const root = join(import.meta.dirname, '..')

/** Finds the tag of the last release before this state; null when there is none, or no repository. */
export function lastRelease(): string | null {
  try {
    return git('describe', '--tags', '--abbrev=0', '--match', 'v*').trim()
  } catch {
    return null
  }
}

/** Reads a file of a revision. */
export function readAt(revision: string, path: string): string {
  return git('show', `${revision}:${path}`)
}

function git(...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
