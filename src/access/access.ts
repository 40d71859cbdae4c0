import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, errorCodes, notFound } from '../errors.ts'
import type { ServiceContext, Viewer } from './context.ts'
import { type RoomFacts, readRoomFacts } from './facts.ts'
import { type Refusal, type RoomAction, roomPolicy } from './policy.ts'

/**
 * Gives the viewer, or refuses who is not signed in.
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

/** The error that a refusal becomes. */
export function refusalError(refusal: Refusal): AppError {
  if (refusal.code === 'NOT_FOUND') return notFound('room')
  const { code, reason = errorCodes[code], retryAfterMs } = refusal
  return new AppError(code, reason, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** A question about a room: who may, outside or inside a transaction. */
export interface RoomQuestion {
  roomId: string
  action: RoomAction
  /** Asks in this transaction, where the caller holds the lock of the room's topic. */
  tx?: Transaction
}

/**
 * Judges whether the viewer may do something with a room, by `roomPolicy`.
 *
 * Outside a transaction it reads a room once per operation.
 *
 * @returns the facts that the decision rests on.
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
 * Judges whether the viewer may do something with what is in a room.
 *
 * Whom it is not for gets the answer of what does not exist.
 *
 * @param question.what what it is called, such as `message`.
 * @throws AppError as `assertCan`, with NOT_FOUND in place of FORBIDDEN.
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
 * Judges by facts that were read, without throwing: null when the viewer may.
 *
 * Who is not signed in may only see.
 */
export function judge(
  { viewer, viewerError, config, clock }: Pick<ServiceContext, 'viewer' | 'viewerError' | 'config' | 'clock'>,
  { facts, action }: { facts: RoomFacts; action: RoomAction },
): Refusal | null {
  if (!viewer && action !== 'see') return { code: viewerError?.code ?? 'UNAUTHENTICATED' }
  return roomPolicy[action](facts, new Date(clock.now()), config)
}
