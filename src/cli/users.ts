// The commands for accounts.

import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { describeAccount, issueToken, resetPassword, verifyContact } from '../auth/account-commands.ts'
import { importAccounts } from '../auth/imports.ts'
import { signInLimits } from '../config/auth.ts'
import { badInput } from '../errors.ts'
import { formatId } from '../input/ids.ts'
import type { Action, Asked, Command, Outcome } from './command.ts'
import { withDatabase, withServer } from './database.ts'
import { withProgress } from './progress.ts'
import { readUsersFile } from './users-file.ts'

/** Shows, imports and repairs accounts. */
export const usersCommand: Command = {
  about: 'show and import accounts, and give them passwords',
  actions: {
    show: { given: ['USERNAME'], about: 'show an account', run: showUser },
    import: {
      given: ['FILE'],
      about: 'import accounts from a file: one object per line (.ndjson) or an array (.json)',
      run: importUsers,
    },
    verify: {
      given: ['USERNAME'],
      options: { email: { about: 'the e-mail address' }, phone: { about: 'the phone number' } },
      about: 'mark contact data of an account as verified: it can then be used to sign in, like the username',
      run: verifyUser,
    },
    'reset-password': {
      given: ['USERNAME'],
      options: { generate: { about: 'generate a password and print it' } },
      about: 'set the password of a user, read from stdin, and end all their sessions',
      run: resetUser,
    },
    delete: {
      given: ['USERNAME'],
      options: { yes: { about: 'confirm: this cannot be undone' } },
      about: 'delete an account permanently, as deleteAccount does',
      run: removeUser,
    },
  },
}

/** Prints an access token of a user, for testing. */
export const tokenCommand: Action = {
  given: ['USERNAME'],
  options: { minutes: { value: 'N', about: `lifetime in minutes, up to ${tokenMinutesMax()}` } },
  about: 'print an access token of a user, in a new session',
  run({ given: [username = ''], options: { minutes } }) {
    const seconds = minutes === undefined ? null : 60 * readMinutes(minutes)
    return withDatabase((parts) => issueToken(parts, { username, seconds: seconds ?? parts.config.accessTokenSeconds }))
  },
}

function tokenMinutesMax(): number {
  return signInLimits.tokenAgeMaxMs / 60_000
}

function readMinutes(given: string): number {
  const minutes = Number(given)
  if (/^\d+$/.test(given) && minutes >= 1 && minutes <= tokenMinutesMax()) return minutes
  throw badInput('minutes', `must be an integer from 1 to ${tokenMinutesMax()}`)
}

function showUser({ given: [username = ''] }: Asked): Promise<string> {
  return withDatabase(async (parts) => {
    const { user, hasPassword, liveSessions, rooms } = await describeAccount(parts, username)
    const rows = {
      id: formatId('User', user.id),
      username: user.username,
      name: user.displayName,
      email: contactOf(user.email, user.emailVerifiedAt),
      phone: contactOf(user.phone, user.phoneVerifiedAt),
      password: hasPassword ? 'yes' : 'none',
      sessions: liveSessions,
      rooms,
      created: user.createdAt.toISOString(),
      seen: user.lastSeenAt?.toISOString() ?? 'never',
    }
    return Object.entries(rows)
      .map(([name, value]) => `${name.padEnd(10)}${value ?? 'none'}`)
      .join('\n')
  })
}

function importUsers({ given: [file = ''] }: Asked): Promise<Outcome> {
  return withDatabase(async (parts) => {
    const { imported, present, refused } = await withProgress('Importing', ({ report, say }) => {
      const onRefused = (place: string, reason: string) => say(`${place}: ${reason}`)
      return importAccounts(readUsersFile(file, report), { ...parts, onRefused })
    })
    const text = `Imported ${imported}, already present ${present}, refused ${refused}.`
    return { text, isFault: refused > 0 }
  })
}

const contactOf = (value: string | null, verifiedAt: Date | null) =>
  value && `${value} (${verifiedAt ? `verified ${verifiedAt.toISOString()}` : 'not verified'})`

function verifyUser({ given: [username = ''], options }: Asked): Promise<string> {
  const kinds = (['email', 'phone'] as const).filter((kind) => options[kind])
  if (kinds.length === 0) throw badInput('email', 'or phone is required: pass --email, --phone or both')
  return withDatabase(async (parts) => {
    const lines: string[] = []
    for (const kind of kinds) lines.push(`Verified ${await verifyContact(parts, { username, kind })} of ${username}.`)
    return lines.join('\n')
  })
}

async function resetUser({ given: [username = ''], options: { generate } }: Asked): Promise<string> {
  const newPassword = generate ? randomBytes(15).toString('base64url') : await readPassword()
  const ended = await withDatabase((parts) => resetPassword(parts, { username, newPassword }))
  const done = `The password of ${username} was changed, and ${ended} session(s) ended.`
  return generate ? `${done}\nThe new password is ${newPassword}` : done
}

async function removeUser({ given: [username = ''], options: { yes } }: Asked): Promise<string> {
  return withServer(async ({ parts }) => {
    const { user } = await describeAccount(parts, username)
    if (!yes) throw badInput('yes', `is required to delete ${username} (${user.displayName}) permanently: pass --yes`)
    const { deleteUser } = await import('../account/deletion/service.ts')
    await deleteUser(parts, user.id)
    return `Deleted ${username}. A running server removes the remaining memberships and friendships.`
  })
}

async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) {
    throw badInput('newPassword', 'is read from stdin, such as `… < file`. Or pass --generate')
  }
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}
