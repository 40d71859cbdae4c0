// `npm run docs`: writes the generated tables into the documents, and the dashboard.

import { readFileSync, writeFileSync } from 'node:fs'
import { dashboardJson } from './dashboard.ts'
import { tables } from './document-tables.ts'

for (const { path, name, text } of tables) {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`]
  const document = readFileSync(path, 'utf8')
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < 0) throw new Error(`${path} has no section "${name}"`)
  writeFileSync(path, document.slice(0, from + begin.length) + text + document.slice(to))
}

writeFileSync('deploy/grafana/kabar.json', dashboardJson())
