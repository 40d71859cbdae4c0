// Access tokens: JWTs (RFC 9068) with a user and a session. session-cache.ts checks that the session is live.

import { errors, jwtVerify, SignJWT } from 'jose'
import { validate as isUuid } from 'uuid'
import type { Sessions, Viewer } from '../access/context.ts'
import { createLru } from '../concurrency/lru.ts'
import { signInLimits } from '../config/auth.ts'
import { AppError } from '../errors.ts'
import { algorithm, type Keyring } from './keyring.ts'

const issuer = 'kabar'
const audience = 'kabar'
const tokenType = 'at+jwt'

/** Signs and verifies access tokens: see `createTokens`. */
export interface Tokens extends Pick<Sessions, 'sign'> {
  /**
   * Verifies a token and returns its viewer.
   *
   * @throws AppError UNAUTHENTICATED when it is invalid or has expired.
   */
  verify(token: string): Promise<Viewer>
}

/**
 * Creates the signer and verifier of one server. It caches verified tokens.
 *
 * @param now the clock by which tokens expire, in ms since 1970: PostgreSQL's, so that servers agree.
 */
export function createTokens(keyring: Keyring, accessTokenSeconds: number, now = Date.now): Tokens {
  const verified = createLru<string, Viewer>({ max: signInLimits.verifiedTokensMax })

  return {
    async sign({ userId, sessionId }) {
      const key = await keyring.signing()
      const issuedAt = Math.floor(now() / 1_000)
      const expiresAt = issuedAt + accessTokenSeconds
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: tokenType })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key.privateKey)
      return { token, expiresAt: new Date(expiresAt * 1_000) }
    },
    async verify(token) {
      if (token.length > signInLimits.accessTokenLengthMax) throw invalidToken()
      const known = verified.get(token)
      const viewer = known ?? (await verifyToken(keyring, token, now()))
      if (viewer.tokenExpiresAt <= now()) {
        verified.delete(token)
        throw expiredToken()
      }
      if (!known) verified.set(token, viewer)
      return viewer
    },
  }
}

/** The error of an expired token. */
export function expiredToken(cause?: unknown): AppError {
  const message = 'The access token has expired. Get a new one with refreshSession and try again.'
  return new AppError('UNAUTHENTICATED', message, { cause })
}

function invalidToken(cause?: unknown): AppError {
  const message = 'The access token is invalid. Send the accessToken of signIn or refreshSession.'
  return new AppError('UNAUTHENTICATED', message, { cause })
}

async function verifyToken(keyring: Keyring, token: string, now: number): Promise<Viewer> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = typeof kid === 'string' ? await keyring.find(kid) : null
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key.publicKey
      },
      {
        ...{ algorithms: [algorithm], issuer, audience, typ: tokenType, currentDate: new Date(now) },
        requiredClaims: ['sub', 'sid', 'exp', 'iat'],
      },
    )
    const { sub, sid, exp } = payload
    if (!isUuid(sub) || typeof sid !== 'string' || !isUuid(sid) || sub === undefined || exp === undefined) {
      throw invalidToken()
    }
    return { userId: sub, sessionId: sid, tokenExpiresAt: exp * 1_000 }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw expiredToken(error)
    if (error instanceof errors.JOSEError) throw invalidToken(error)
    throw error
  }
}
