// Loaded before a check in a process of its own: builds the mutant that MUTANT names into Kabar, and fails where it cannot.

import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mutants, replicaMutants } from './mutants.ts'

const { MUTANT } = process.env
const named = [...mutants, ...replicaMutants].filter(({ name }) => name === MUTANT)
if (MUTANT && named.length === 0) throw new Error(`there is no mutant "${MUTANT}"`)
for (const { file, find, replace } of named) {
  const target = pathToFileURL(join(import.meta.dirname, '..', '..', file)).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== target) return loaded
      const { source } = loaded
      // Node.js gives bytes
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
      const parts = text.split(find)
      if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, not once`)
      return { ...loaded, source: parts.join(replace) }
    },
  })
}
