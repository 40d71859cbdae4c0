import { type KeyState, listKeys, rotateKeys } from '../auth/keys.ts'
import { signInLimits } from '../config/sign-in.ts'
import type { Command } from './command.ts'
import { withDatabase } from './database.ts'

const stateNames: Record<KeyState, string> = {
  WAITING: 'is published and does not sign yet',
  SIGNING: 'signs',
  VERIFYING: 'verifies the tokens that it has signed',
  RETIRED: 'is of no more use, and goes with the next rotation',
}

/** Shows and replaces the keys that sign access tokens. */
export const keysCommand: Command = {
  about: 'show and replace the keys that sign access tokens',
  actions: {
    list: {
      about: 'show the signing keys, newest first',
      run: () =>
        withDatabase(async ({ db }) => {
          const keys = await listKeys(db)
          if (keys.length === 0) return 'There is none yet: the first sign-in makes one.'
          return keys
            .map(({ kid, activeAt, state }) => `${kid}  ${activeAt.toISOString()}  ${stateNames[state]}`)
            .join('\n')
        }),
    },
    rotate: {
      about: 'publish a new signing key, which signs some minutes later',
      run: () =>
        withDatabase(async ({ db }) => {
          const key = await rotateKeys(db)
          const minutes = signInLimits.keyPublishedMs / 60_000
          if (!key) return `A new key was published less than ${minutes} minutes ago. Nothing was done.`
          return `Published ${key.kid}. It signs from ${key.activeAt.toISOString()} on; tokens of older keys stay good.`
        }),
    },
  },
}
