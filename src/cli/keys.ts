import { type KeyState, listKeys, rotateKeys } from '../auth/keyring.ts'
import { signInLimits } from '../config/sign-in.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { rotateMediaKeys } from '../media/keys.ts'
import type { Command } from './command.ts'
import { withDatabase } from './database.ts'

const stateNames: Record<KeyState, string> = {
  WAITING: 'is published and does not sign yet',
  SIGNING: 'signs',
  VERIFYING: 'verifies the tokens that it has signed',
  RETIRED: 'is of no more use, and goes with the next rotation',
}

/** Shows and replaces the keys that sign access tokens and URLs of files. */
export const keysCommand: Command = {
  about: 'show and replace the keys that sign access tokens and the URLs of files',
  actions: {
    list: {
      about: 'show the keys of access tokens, newest first',
      run: () =>
        withDatabase(async ({ db, clock }) => {
          const keys = await listKeys(db, clock.now)
          if (keys.length === 0) return 'There is none yet: the first sign-in makes one.'
          return keys
            .map(({ kid, activeAt, state }) => `${kid}  ${activeAt.toISOString()}  ${stateNames[state]}`)
            .join('\n')
        }),
    },
    rotate: {
      about: 'publish new keys of access tokens and of the URLs of files, which sign some minutes later',
      run: () =>
        withDatabase(async ({ db, clock }) => {
          const [key, mediaKeyAt] = [await rotateKeys(db, clock.now), await rotateMediaKeys(sqlOfPrisma(db), clock.now)]
          const minutes = signInLimits.keyPublishedMs / 60_000
          const waits = `was published less than ${minutes} minutes ago. Nothing was done.`
          return [
            key
              ? `Published ${key.kid}. It signs from ${key.activeAt.toISOString()} on; tokens of older keys stay good.`
              : `A new key of access tokens ${waits}`,
            mediaKeyAt
              ? `URLs of files have a new key from ${mediaKeyAt.toISOString()} on; those that are out stay good.`
              : `A new key of URLs of files ${waits}`,
          ].join('\n')
        }),
    },
  },
}
