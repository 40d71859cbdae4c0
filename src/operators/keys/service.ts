import type { ServiceContext } from '../../access/context.ts'
import { type KeyState, listKeys, rotateKeysFor } from '../../auth/keyring.ts'
import { rotateMediaKeys } from '../../media/keys.ts'
import { assertOperator } from '../access.ts'

/** A key that signs access tokens. */
export interface KeyInfo {
  readonly kid: string
  readonly activeAt: Date
  readonly state: KeyState
}

/**
 * Lists the keys of access tokens, newest first. There are a handful.
 *
 * @throws AppError FORBIDDEN
 */
export async function listKeysForOperator(context: ServiceContext): Promise<KeyInfo[]> {
  await assertOperator(context)
  return listKeys(context.db, context.clock.now)
}

/**
 * Publishes new keys for access tokens and file URLs. Does nothing while newer ones wait to sign.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN
 */
export async function rotateSigningKeys(context: ServiceContext): Promise<KeyInfo[]> {
  await rotateKeysFor(context, (tx) => assertOperator(context, tx))
  await rotateMediaKeys(context.db, context.clock.now)
  return listKeys(context.db, context.clock.now)
}
