import { readFileSync, writeFileSync } from 'node:fs'
import { StartError } from '../database/start-error.ts'
import type { Action } from './command.ts'

const file = new URL('../../schema.graphql', import.meta.url)

/** Writes `schema.graphql` from the code. With `--check` it only reports whether it is up to date. */
export const printSchemaCommand: Action = {
  about: 'write schema.graphql from the code',
  options: { check: { about: 'only check whether it is up to date' } },
  async run({ options }) {
    const { printSchema } = await import('../api/schema.ts')
    const text = printSchema()
    if (!options.check) {
      writeFileSync(file, text)
      return ''
    }
    if (readFileSync(file, 'utf8') === text) return ''
    throw new StartError('schema.graphql is out of date. Run `npm run schema` and commit it.')
  },
}
