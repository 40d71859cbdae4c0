import type { Viewer } from '../access/context.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'

/** Finds the viewer of an access token. Throws an AppError that says why a token is invalid. */
export type Authenticate = (token: string) => Promise<Viewer>

/**
 * Finds the caller from the `Authorization` header.
 *
 * An invalid token is kept as an error instead of refused: operations without a viewer, such as refreshSession, still work.
 *
 * @throws errors that are not about the token, such as an unreachable database.
 */
export async function findCaller(
  authenticate: Authenticate,
  { authorization, ...from }: { authorization: string | null } & Omit<Caller, 'viewer' | 'viewerError'>,
): Promise<Caller> {
  if (!authorization) return { ...from, viewer: null, viewerError: null }
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (!token) {
    const viewerError = new AppError('UNAUTHENTICATED', 'Authorization must be `Bearer` and an access token.')
    return { ...from, viewer: null, viewerError }
  }
  try {
    return { ...from, viewer: await authenticate(token), viewerError: null }
  } catch (error) {
    if (error instanceof AppError && (error.code === 'UNAUTHENTICATED' || error.code === 'SESSION_EXPIRED')) {
      return { ...from, viewer: null, viewerError: error }
    }
    throw error
  }
}
