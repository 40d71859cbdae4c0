import { type KeyState, listKeys, rotateKeysFor } from '../auth/keyring.ts'
import { signInLimits } from '../config/auth.ts'
import { rotateMediaKeys } from '../media/keys.ts'
import type { Command } from './command.ts'
import { withDatabase } from './database.ts'

const stateNames: Record<KeyState, string> = {
  WAITING: 'published, not signing yet',
  SIGNING: 'signs',
  VERIFYING: 'verifies the tokens that it has signed',
  RETIRED: 'no longer needed, removed with the next rotation',
}

/** Lists and rotates the keys that sign access tokens and file URLs. */
export const keysCommand: Command = {
  about: 'list and rotate the keys that sign access tokens and file URLs',
  actions: {
    list: {
      about: 'list the keys of access tokens, newest first',
      run: () =>
        withDatabase(async ({ db, clock }) => {
          const keys = await listKeys(db, clock.now)
          if (keys.length === 0) return 'There is none yet: the first sign-in creates one.'
          return keys
            .map(({ kid, activeAt, state }) => `${kid}  ${activeAt.toISOString()}  ${stateNames[state]}`)
            .join('\n')
        }),
    },
    rotate: {
      about: 'publish new keys for access tokens and file URLs, which start to sign some minutes later',
      run: () =>
        withDatabase(async ({ db, clock, feed }) => {
          const [key, mediaKeyAt] = [await rotateKeysFor({ feed, clock }), await rotateMediaKeys(db, clock.now)]
          const minutes = signInLimits.keyPublishedMs / 60_000
          const waits = `was published less than ${minutes} minutes ago. Nothing was changed.`
          return [
            key
              ? `Published ${key.kid}. It signs from ${key.activeAt.toISOString()} on; tokens of older keys stay valid.`
              : `A new key for access tokens ${waits}`,
            mediaKeyAt
              ? `File URLs have a new key from ${mediaKeyAt.toISOString()} on; existing ones stay valid.`
              : `A new key for file URLs ${waits}`,
          ].join('\n')
        }),
    },
  },
}
