import { readFileSync, writeFileSync } from 'node:fs'
import { printSchema } from '../graphql/schema.ts'

const file = new URL('../../schema.graphql', import.meta.url)

/** Writes `schema.graphql` from the code. With `--check` it only says whether it is fresh. */
export const printSchemaCommand = {
  about: 'write schema.graphql from the code (--check: only say whether it is fresh)',
  async run(args: readonly string[]): Promise<number> {
    const text = printSchema()
    if (!args.includes('--check')) {
      writeFileSync(file, text)
      return 0
    }
    if (readFileSync(file, 'utf8') === text) return 0
    console.error('schema.graphql is not what the code says. Run `npm run schema` and commit it.')
    return 1
  },
}
