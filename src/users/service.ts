// Accounts as others see them, and creating them. Finding them by a part of a name is in search/, authentication in auth/.

import { assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { inOrder } from '../concurrency/loader.ts'
import type { Config } from '../config/config.ts'
import type { Transaction } from '../database/client.ts'
import { notFound } from '../errors.ts'
import type { User } from '../generated/prisma/client.ts'
import { usernameText } from './formats.ts'
import { assertNamesFree } from './free-names.ts'
import { type PublicUser, readUsers } from './queries.ts'

export type { PublicUser } from './queries.ts'

/** The name of the author of old messages once the account is deleted. */
export const deletedUserName = 'Deleted user'

/** The name under which others see a user. */
export function shownName({ displayName, deletedAt }: Pick<User, 'displayName' | 'deletedAt'>): string {
  return deletedAt ? deletedUserName : displayName
}

/**
 * Loads users by their ids, including deleted ones.
 *
 * @returns the users in the order of the ids; null when there is none.
 */
export async function usersByIds(
  { lookups }: Pick<ServiceContext, 'lookups'>,
  ids: readonly string[],
): Promise<readonly (PublicUser | null)[]> {
  return inOrder(ids, await readUsers(lookups, ids), (user) => user.id)
}

/** The dates of an account that others see. */
export type UserDates = Pick<User, 'id' | 'createdAt' | 'updatedAt'>

/**
 * Loads the dates of users by their ids, including deleted ones.
 *
 * @returns the dates in the order of the ids; null when there is no such user.
 */
export async function userDatesByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<readonly (UserDates | null)[]> {
  const select = { id: true, createdAt: true, updatedAt: true }
  return inOrder(ids, await db.user.findMany({ select, where: { id: { in: [...ids] } } }), (user) => user.id)
}

/**
 * Loads accounts with contact data and settings, to show to themselves.
 *
 * @returns the accounts in the order of the ids; null when there is none.
 */
export async function accountsByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<readonly (User | null)[]> {
  return inOrder(ids, await db.user.findMany({ where: { id: { in: [...ids] } } }), (user) => user.id)
}

/**
 * Finds a registered user.
 *
 * @returns null when there is no such user, and when there is a block between them and the viewer.
 * @throws AppError UNAUTHENTICATED
 */
export async function findUser(context: ServiceContext, username: string): Promise<PublicUser | null> {
  const { userId: viewerId } = assertSignedIn(context)
  const parsed = usernameText.safeParse(username)
  if (!parsed.success) return null
  return context.db.user.findUnique({
    where: {
      username: parsed.data,
      deletedAt: null,
      blocks: { none: { blockedId: viewerId } },
      blockedBy: { none: { blockerId: viewerId } },
    },
  })
}

/** The fields of a new account. */
export interface NewUser {
  /** Null for a guest. */
  username: string | null
  displayName: string
  email?: string | null | undefined
  phone?: string | null | undefined
  emailVerifiedAt?: Date | null
  phoneVerifiedAt?: Date | null
  /** When the account was created; null for now. */
  createdAt?: Date | null
}

/** The parts of the server that creating accounts needs. */
export interface NewUserParts extends Pick<ServiceContext, 'clock'> {
  readonly config: Pick<Config, 'retention'>
}

/**
 * Creates an account and its topic, which share their id.
 *
 * @throws AppError USERNAME_TAKEN, or an error of the constraint users_username_key, which `feed.write` translates to it.
 */
export async function createUser(
  parts: NewUserParts,
  tx: Transaction,
  { username, displayName, email, phone }: NewUser,
): Promise<User> {
  const user = await tx.user.create({
    data: {
      topic: { create: {} },
      username,
      displayName,
      email: email ?? null,
      phone: phone ?? null,
      isGuest: username === null,
      lastSeenAt: new Date(parts.clock.now()),
    },
  })
  if (username !== null) await assertNamesFree(parts, tx, [username])
  return user
}

/**
 * Creates registered accounts and their topics, all or none.
 *
 * They have no last-seen time.
 *
 * @throws the errors of `createUser`; for verified contact data or an id of another account an error of the constraints
 * users_email_verified_key, users_phone_verified_key and topics_pkey, which `feed.write` translates to CONFLICT.
 */
export async function createUsers(
  parts: NewUserParts,
  tx: Transaction,
  users: readonly (NewUser & { id: string })[],
): Promise<void> {
  await tx.topic.createMany({ data: users.map(({ id }) => ({ id })) })
  await tx.user.createMany({
    data: users.map((user) => {
      const { id, username, displayName, email = null, phone = null } = user
      const { emailVerifiedAt = null, phoneVerifiedAt = null, createdAt } = user
      const data = { id, username, displayName, email, phone, emailVerifiedAt, phoneVerifiedAt }
      return createdAt ? { ...data, createdAt } : data
    }),
  })
  await assertNamesFree(
    parts,
    tx,
    users.flatMap(({ username }) => username ?? []),
  )
}

/**
 * Returns a row that must exist, such as the user of a session.
 *
 * @throws AppError NOT_FOUND
 */
export function assertUser<Account extends { id: string }>(user: Account | null): Account {
  if (!user) throw notFound('user')
  return user
}
