import { readConfig } from '../config/config.ts'
import { migrate } from '../database/migrations/migrate.ts'
import type { Action } from './command.ts'
import { withPostgres } from './database.ts'

/** Applies the migrations of this release, as every start does. */
export const migrateCommand: Action = {
  about: 'apply missing migrations, as every start does',
  run: () =>
    withPostgres(readConfig(), async (url) => {
      const applied = await migrate({ url, warn: (message) => console.error(message) })
      return applied.length > 0 ? applied.map((name) => `Applied ${name}.`).join('\n') : 'The database is up to date.'
    }),
}
