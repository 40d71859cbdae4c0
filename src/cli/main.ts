import { runCommand } from './command.ts'
import { commands } from './commands.ts'

process.exit(await runCommand(commands, process.argv.slice(2)))
