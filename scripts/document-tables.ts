// The tables of the documents that are generated from the code.

import { listActions } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { variables } from '../src/config/variables.ts'
import { limitsTable } from './limits-table.ts'
import { metricsTable } from './metrics-table.ts'

/** A generated section: the text between `<!-- name -->` and `<!-- /name -->` of a document. */
export interface Table {
  readonly path: string
  readonly name: string
  readonly text: string
}

/** All generated sections, as they must be in the documents. */
export const tables: readonly Table[] = [
  { path: 'docs/configuration.md', name: 'configuration', text: configurationTable() },
  { path: 'docs/limits.md', name: 'limits', text: limitsTable() },
  { path: 'docs/metrics.md', name: 'metrics', text: metricsTable() },
  { path: 'docs/command-line.md', name: 'commands', text: commandsTable() },
]

function configurationTable(): string {
  const rows = Object.entries(variables).map(
    ([name, variable]) =>
      `| \`${name}\` | ${variable.default && `\`${variable.default}\``} | ${variable.description} |`,
  )
  return ['| Name | Default | Meaning |', '|---|---|---|', ...rows].join('\n')
}

function commandsTable(): string {
  const rows = listActions(commands).map(({ call, about }) => `| \`${call}\` | ${about} |`)
  return ['| Command | What it does |', '|---|---|', ...rows].join('\n')
}
