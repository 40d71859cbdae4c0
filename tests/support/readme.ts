// What the README says, for the tests that hold it to its word.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Whether this machine cannot run the shell commands of the README. Where CI is set it has to. */
export const noShell = !process.env.CI && spawnSync('bash', ['-c', 'command -v curl']).status !== 0

/** Reads a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Gives the blocks of a language in a document, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )
}

/** Gives every GraphQL operation of a document: its graphql blocks, the bodies of curl, the strings of JavaScript. */
export function operationsOf(markdown: string): string[] {
  const shell = codeBlocks(markdown, 'sh').join('\n')
  const script = codeBlocks(markdown, 'js').join('\n')
  return [
    ...codeBlocks(markdown, 'graphql'),
    ...[...shell.matchAll(/"query":\s*("(?:[^"\\]|\\.)*")/g)].map(([, text = '']) => JSON.parse(text) as string),
    ...[...script.matchAll(/`((?:query|mutation|subscription)\b[^`]*)`/g)].map(([, text = '']) => text),
  ]
}

/** Finds the operation of the README that says something, such as `mutation Send` or `createRoom`. */
export function operation(part: string): string {
  const found = operationsOf(readText('README.md')).find((text) => text.includes(part))
  if (!found) throw new Error(`README.md has no operation with "${part}"`)
  return found
}
