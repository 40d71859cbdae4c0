// The modules that docs/protocol.md gives to front ends.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { codeBlocks, readText } from './documents.ts'

/** The tokens of a session. */
export interface Tokens {
  accessToken: string
  refreshToken: string
}

/** Gives an access token: another one when the server has refused one. */
export type AccessToken = (options?: { refused: string }) => Promise<string>

/** The callbacks of a subscription. */
export interface Sink<Data> {
  next(result: { data?: Data | null | undefined; errors?: readonly unknown[] }): void
  error(error: unknown): void
  complete(): void
}

/** The module that all clients share. */
export interface Snippets {
  connect(options: { url: string | (() => string); accessToken: AccessToken }): {
    subscribe<Data>(payload: { query: string; variables: object }, sink: Sink<Data>): () => void
    dispose(): unknown
  }
  keepSession(url: string, signedIn: Tokens, save?: (tokens: Tokens) => void): AccessToken
  fetchWith(accessToken: AccessToken): typeof fetch
}

/** Loads modules of the document, with all that they export. `remove` deletes their files. */
export async function loadSnippets<Exports extends Partial<Snippets>>(
  names: readonly string[],
): Promise<{ snippets: Exports; remove(): void }> {
  // beside the packages that they import
  const folder = mkdtempSync(join(import.meta.dirname, '..', '..', 'node_modules', '.snippets-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const text of codeBlocks(readText('docs/protocol.md'), 'js')) {
    const [, name] = /^\/\/ (\w+\.js)$/m.exec(text) ?? []
    if (name) writeFileSync(join(folder, name), text)
  }
  const modules = await Promise.all(names.map((name) => import(pathToFileURL(join(folder, name)).href)))
  return { snippets: Object.assign({}, ...modules) as Exports, remove: () => rmSync(folder, { recursive: true }) }
}
