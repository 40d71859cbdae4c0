// The documents of the repository, for the tests that check what they say.

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Tells whether this machine cannot run the shell commands of the README. Where CI is set it must. */
export const noShell = !process.env.CI && spawnSync('bash', ['-c', 'command -v curl']).status !== 0

/** Reads a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The paths of the documents: those at the top and those in docs/. */
export const documents: readonly string[] = globSync(['*.md', 'docs/*.md'], { cwd: root }).toSorted()

/** Reads the generated section of a document between `<!-- name -->` and `<!-- /name -->`. */
export function section(path: string, name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n<!-- /${name} -->`).exec(readText(path)) ?? []
  if (text === undefined) throw new Error(`${path} has no section "${name}"`)
  return text
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

/** Finds the operation of the documents that contains a text, such as `mutation Send` or `createRoom`. */
export function operation(part: string): string {
  const found = documents.flatMap((path) => operationsOf(readText(path))).find((text) => text.includes(part))
  if (!found) throw new Error(`The documents have no operation with "${part}"`)
  return found
}
