// Writes documents.json: the operations of the web client and of kabar-client by their ids. `--check` compares only.

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { documentIdOf } from '../src/http/trusted-documents.ts'

const path = 'documents.json'

/** All operations that the clients export, each a text. */
async function readOperations(): Promise<string[]> {
  const files = globSync(['client/src/operations/*.ts', 'web/src/*/operations.ts', 'client/src/*/operations.ts']).sort()
  const modules = await Promise.all(files.map((file) => import(`../${file.replaceAll('\\', '/')}`)))
  return modules.flatMap((found: Record<string, unknown>) => Object.values(found)).filter(isOperation)
}

function isOperation(value: unknown): value is string {
  return typeof value === 'string' && /^\s*(query|mutation|subscription)\b/.test(value)
}

const operations = await readOperations()
const byId = new Map(operations.map((text) => [documentIdOf(text), text]))
const entries = [...byId.keys()].sort().map((id) => [id, byId.get(id)])
const text = `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
if (!process.argv.includes('--check')) writeFileSync(path, text)
else if (readFileSync(path, 'utf8') !== text) {
  console.error('documents.json is not what the clients send. Write it: npm run documents')
  process.exitCode = 1
}
