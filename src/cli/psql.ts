import { spawn } from 'node:child_process'
import { readConfig } from '../config/config.ts'
import { StartError } from '../database/start-error.ts'
import type { Action } from './command.ts'
import { withPostgres } from './database.ts'

/** Opens psql on the database. */
export const psqlCommand: Action = {
  about: 'open psql on the database, which stays a program to install (postgresql-client)',
  rest: 'ARGS',
  async run({ given }) {
    // Ctrl-C ends a query of psql, not psql, and so neither the PostgreSQL that it uses
    const code = await withPostgres({ ...readConfig(), survivesInterrupt: true }, (url) => runPsql(url, given))
    return { text: '', isFault: code !== 0 }
  },
}

async function runPsql(databaseUrl: string, args: readonly string[]): Promise<number> {
  const url = new URL(databaseUrl)
  const password = decodeURIComponent(url.password)
  // others on this machine can read the arguments of a program, and not its environment
  url.password = ''
  // biome-ignore lint/style/noProcessEnv: psql reads more of it than we know
  const env = { ...process.env, ...(password !== '' && { PGPASSWORD: password }) }
  const ignore = () => {}
  process.on('SIGINT', ignore)
  try {
    return await new Promise<number>((done, fail) => {
      const child = spawn('psql', ['--dbname', url.href, ...args], { env, stdio: 'inherit' })
      child.once('error', (cause: NodeJS.ErrnoException) => fail(explain(cause)))
      child.once('close', (code) => done(code ?? 1))
    })
  } finally {
    process.off('SIGINT', ignore)
  }
}

function explain(cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'ENOENT') return cause
  return new StartError(
    'The program psql is not installed, or not in PATH. It comes with the client of PostgreSQL: `apt-get install ' +
      'postgresql-client` (Debian, Ubuntu), `dnf install postgresql` (Fedora), `apk add postgresql-client` (Alpine), ' +
      '`brew install libpq` (macOS). `kabar backup` and `kabar restore` do not need it.',
    { cause },
  )
}
