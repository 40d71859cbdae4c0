// Signs the URLs of files. Everybody who has a URL can use it until it expires; only viewers with access get one.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MediaAccess, MediaUse } from '../access/context.ts'
import { mediaLimits } from '../config/media.ts'
import { AppError } from '../errors.ts'
import type { MediaKeys } from './keys.ts'

/** The parsed URL of a file. */
export interface SignedRequest {
  readonly mediaId: string
  readonly use: MediaUse
  /** Seconds since 1970. */
  readonly expires: number
  readonly signature: string
}

/** Signs and verifies URLs: see `createLinks`. */
export interface MediaLinks extends Pick<MediaAccess, 'linkTo'> {
  /** The clock by which URLs expire, in ms since 1970. */
  now(): number
  /** @throws AppError FORBIDDEN when the signature is wrong or the URL has expired. */
  verify(request: SignedRequest): Promise<void>
}

/** Options of `createLinks`. */
export interface MediaLinksOptions {
  readonly publicUrl: string
  readonly keys: MediaKeys
  /** The clock by which URLs expire, in ms since 1970: PostgreSQL's, so that servers agree. */
  now(): number
}

/** Creates the signer of URLs: HMAC-SHA256 with secrets shared by all servers. */
export function createLinks({ publicUrl, keys, now }: MediaLinksOptions): MediaLinks {
  const isSigned = ({ signature, ...request }: SignedRequest) => {
    const given = Buffer.from(signature, 'base64url')
    return keys.signersOf(request.expires * 1_000).some((secret) => {
      const expected = sign(secret, request)
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
  }
  return {
    now,
    linkTo(use, mediaId) {
      const expires = Math.floor(expiryOf(use, now()) / 1_000)
      const signature = sign(keys.signing(), { use, mediaId, expires }).toString('base64url')
      const url = `${publicUrl}/media/${mediaId}/${use}?expires=${expires}&signature=${signature}`
      return { url, expiresAt: new Date(expires * 1_000) }
    },
    async verify(request) {
      if (!isSigned(request)) {
        await keys.refresh()
        if (!isSigned(request)) {
          throw new AppError(
            'FORBIDDEN',
            'The signature of this URL is wrong. Use URLs exactly as the API returns them.',
          )
        }
      }
      if (request.expires * 1_000 <= now()) {
        throw new AppError('FORBIDDEN', 'This URL has expired. Get a new one from the API.')
      }
    },
  }
}

function sign(secret: Uint8Array, { use, mediaId, expires }: Omit<SignedRequest, 'signature'>): Buffer {
  return createHmac('sha256', secret).update(`${use} ${mediaId} ${expires}`).digest()
}

function expiryOf(use: MediaUse, now: number): number {
  const { uploadUrlMs, urlWindowMs } = mediaLimits
  if (use === 'upload') return now + uploadUrlMs
  return (Math.floor(now / urlWindowMs) + 2) * urlWindowMs
}
