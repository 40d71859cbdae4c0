// Text that this browser keeps for one user: drafts, and the emojis they used. Settings of the browser are in theme.ts.

import { keepText, keysFrom } from './browser-storage.ts'

const prefix = 'kabar.user.'

/** Names a text that is of one user, and forgotten with them. */
export const userKey = (userId: string, name: string) => `${prefix}${userId}.${name}`

/** Forgets the texts of all users, except of the one who is signed in. */
export function forgetUsers(userId: string | null): void {
  const kept = userId && userKey(userId, '')
  for (const key of keysFrom(prefix)) {
    if (!(kept && key.startsWith(kept))) keepText(key, null)
  }
}
