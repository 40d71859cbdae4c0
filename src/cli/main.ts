import { printSchemaCommand } from './print-schema.ts'

const commands: Record<string, { run(args: readonly string[]): Promise<number>; about: string }> = {
  'print-schema': printSchemaCommand,
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command) {
  process.exit(await command.run(args))
} else {
  const lines = Object.entries(commands).map(([key, { about }]) => `  ${key.padEnd(16)}${about}`)
  console.error(`Usage: npm run kabar -- COMMAND\n\n${lines.join('\n')}`)
  process.exit(name === '' || name === '--help' ? 0 : 2)
}
