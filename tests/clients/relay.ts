// Relay, which has packages of its own in relay/: its compiler alone is 118 MB.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MakePage, Page } from './scenario.ts'

const folder = join(import.meta.dirname, 'relay')

/** Says that Relay is missing. `.ci/run` installs it. */
export const noRelay =
  !existsSync(join(folder, 'node_modules', 'relay-compiler')) && 'run `npm ci --prefix tests/clients/relay`'

/** The scenario's application with Relay, and operations that relay-compiler has compiled. */
export const relayPage: MakePage = async (options) => {
  const page: { relayPage: (given: typeof options) => Promise<Page> } = await import(
    pathToFileURL(join(folder, 'page.js')).href
  )
  return page.relayPage(options)
}
