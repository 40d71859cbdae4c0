import { auditCommand } from './audit.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { categoriesCommand } from './categories.ts'
import type { Commands } from './command.ts'
import { doctorCommand } from './doctor.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { operatorsCommand } from './operators.ts'
import { printSchemaCommand } from './print-schema.ts'
import { pruneCommand } from './prune.ts'
import { psqlCommand } from './psql.ts'
import { regionsCommand } from './regions.ts'
import { reportsCommand } from './reports.ts'
import { roomsCommand } from './rooms.ts'
import { seedCommand } from './seed.ts'
import { tokenCommand, usersCommand } from './users.ts'
import { verifyCommand } from './verify.ts'

/** All commands of `npm run kabar`. Actions import slow modules when they run. */
export const commands: Commands = {
  doctor: doctorCommand,
  migrate: migrateCommand,
  backup: backupCommand,
  restore: restoreCommand,
  verify: verifyCommand,
  psql: psqlCommand,
  prune: pruneCommand,
  seed: seedCommand,
  users: usersCommand,
  token: tokenCommand,
  keys: keysCommand,
  audit: auditCommand,
  operators: operatorsCommand,
  reports: reportsCommand,
  categories: categoriesCommand,
  regions: regionsCommand,
  rooms: roomsCommand,
  'print-schema': printSchemaCommand,
}
