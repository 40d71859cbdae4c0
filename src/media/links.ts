// The URLs of files: whoever has one may use it until it expires. They are made only for those who may see the file.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MediaAccess, MediaUse } from '../access/context.ts'
import { mediaLimits } from '../config/media.ts'
import { AppError } from '../errors.ts'
import type { MediaKeys } from './keys.ts'

/** What a URL of a file says. */
export interface SignedRequest {
  readonly mediaId: string
  readonly use: MediaUse
  /** Seconds since 1970. */
  readonly expires: number
  readonly signature: string
}

/** Signs URLs and checks them: see `createLinks`. */
export interface MediaLinks extends Pick<MediaAccess, 'linkTo'> {
  /** The time by which URLs end, in milliseconds since 1970. */
  now(): number
  /** @throws AppError FORBIDDEN when it was not made by us, or has expired. */
  verify(request: SignedRequest): Promise<void>
}

/** What signing URLs needs. */
export interface MediaLinksOptions {
  readonly publicUrl: string
  readonly keys: MediaKeys
  /** The time by which URLs end, in milliseconds since 1970: that of PostgreSQL, so that servers agree. */
  now(): number
}

/** Makes the signer of URLs: HMAC-SHA256 with secrets that all servers share. */
export function createLinks({ publicUrl, keys, now }: MediaLinksOptions): MediaLinks {
  const isSigned = ({ signature, ...request }: SignedRequest) => {
    const given = Buffer.from(signature, 'base64url')
    return keys.signersOf(request.expires * 1_000).some((secret) => {
      const right = sign(secret, request)
      return given.length === right.length && timingSafeEqual(given, right)
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
          throw new AppError('FORBIDDEN', 'The signature of this URL is wrong. Use URLs as the API gives them.')
        }
      }
      if (request.expires * 1_000 <= now()) {
        throw new AppError('FORBIDDEN', 'This URL has expired. Ask the API for a new one.')
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
