import type { Viewer } from '../access/context.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'

/** Finds out who sends a token. It throws an AppError that says why a token is no good. */
export type Authenticate = (token: string) => Promise<Viewer>

/**
 * Finds out who calls, from the value of `Authorization`.
 *
 * A bad token is remembered rather than refused: an operation that needs nobody, such as refreshSession, still works.
 *
 * @throws what is no fault of the token, such as a database that is away.
 */
export async function findCaller(
  authenticate: Authenticate,
  { authorization, userAgent, address }: { authorization: string | null } & Pick<Caller, 'userAgent' | 'address'>,
): Promise<Caller> {
  if (!authorization) return { viewer: null, viewerError: null, userAgent, address }
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (!token) {
    const viewerError = new AppError('UNAUTHENTICATED', 'Authorization must be `Bearer` and an access token.')
    return { viewer: null, viewerError, userAgent, address }
  }
  try {
    return { viewer: await authenticate(token), viewerError: null, userAgent, address }
  } catch (error) {
    if (error instanceof AppError && (error.code === 'UNAUTHENTICATED' || error.code === 'SESSION_EXPIRED')) {
      return { viewer: null, viewerError: error, userAgent, address }
    }
    throw error
  }
}
