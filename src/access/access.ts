import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, errorCodes, notFound } from '../errors.ts'
import type { ServiceContext, Viewer } from './context.ts'
import { type RoomFacts, readRoomFacts } from './facts.ts'
import { type Refusal, type RoomAction, roomPolicy } from './policy.ts'

/**
 * Returns the viewer; throws when nobody is signed in.
 *
 * @throws AppError UNAUTHENTICATED, or SESSION_EXPIRED when the session of the token has ended.
 */
export function assertSignedIn({ viewer, viewerError }: Pick<ServiceContext, 'viewer' | 'viewerError'>): Viewer {
  if (viewerError) throw viewerError
  if (!viewer) {
    throw new AppError('UNAUTHENTICATED', 'You are not signed in. Send `Authorization: Bearer` with an access token.')
  }
  return viewer
}

/** Turns a refusal of the policy into an error. */
export function refusalError(refusal: Refusal): AppError {
  if (refusal.code === 'NOT_FOUND') return notFound('room')
  const { code, reason = errorCodes[code], retryAfterMs } = refusal
  return new AppError(code, reason, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** A question to the policy: may the viewer do this with the room? */
export interface RoomQuestion {
  roomId: string
  action: RoomAction
  /** Reads in this transaction, where the caller holds the lock of the room's topic. */
  tx?: Transaction
}

/**
 * Checks that the viewer may do something with a room, by `roomPolicy`.
 *
 * Outside a transaction each room is read once per operation.
 *
 * @returns the facts that the decision is based on.
 * @throws AppError UNAUTHENTICATED, NOT_FOUND for a room that the viewer may not see, or the code of the rule.
 */
export async function assertCan(context: ServiceContext, { roomId, action, tx }: RoomQuestion): Promise<RoomFacts> {
  const viewer = action === 'see' ? context.viewer : assertSignedIn(context)
  const facts = tx
    ? (await readRoomFacts(sqlOfPrisma(tx), [{ roomId, viewerId: viewer?.userId ?? null }]))[0]
    : await context.roomFacts.load(roomId)
  if (!facts) throw notFound('room')
  const refusal = judge(context, { facts, action })
  if (refusal) throw refusalError(refusal)
  return facts
}

/**
 * Checks that the viewer may do something with an object in a room.
 *
 * Callers without access get NOT_FOUND, so that existence does not leak.
 *
 * @param question.what the name of the object in the error, such as `message`.
 * @throws AppError like `assertCan`, with NOT_FOUND instead of FORBIDDEN.
 */
export async function assertCanFind(
  context: ServiceContext,
  { what, ...question }: RoomQuestion & { what: string },
): Promise<void> {
  try {
    await assertCan(context, question)
  } catch (error) {
    const isHidden = error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN')
    throw isHidden ? notFound(what) : error
  }
}

/**
 * Applies the policy to known facts, without throwing. Returns null when allowed.
 *
 * Without a viewer only `see` is allowed.
 */
export function judge(
  { viewer, viewerError, config, clock }: Pick<ServiceContext, 'viewer' | 'viewerError' | 'config' | 'clock'>,
  { facts, action }: { facts: RoomFacts; action: RoomAction },
): Refusal | null {
  if (!viewer && action !== 'see') return { code: viewerError?.code ?? 'UNAUTHENTICATED' }
  return roomPolicy[action](facts, new Date(clock.now()), config)
}
