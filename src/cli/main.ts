import { ConfigError } from '../config.ts'
import { StartError } from '../database/start-error.ts'
import { categoriesCommand, regionsCommand } from './places.ts'
import { printSchemaCommand } from './print-schema.ts'
import { seedCommand } from './seed.ts'

const commands: Record<string, { run(args: readonly string[]): Promise<number>; about: string }> = {
  categories: categoriesCommand,
  'print-schema': printSchemaCommand,
  regions: regionsCommand,
  seed: seedCommand,
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command) {
  try {
    process.exit(await command.run(args))
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StartError) console.error(error.message)
    else console.error(error)
    process.exit(1)
  }
} else {
  const lines = Object.entries(commands).map(([key, { about }]) => `  ${key.padEnd(16)}${about}`)
  console.error(`Usage: npm run kabar -- COMMAND\n\n${lines.join('\n')}`)
  process.exit(name === '' || name === '--help' ? 0 : 2)
}
