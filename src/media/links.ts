// The URLs of files: whoever has one may use it until it expires. They are made only for those who may see the file.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mediaLimits } from '../config/media.ts'
import type { Sql } from '../database/sql.ts'
import { AppError, invariant } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** What a URL is for. To put bytes, or to get a file, its thumbnail, or an export of a user's data. */
export type MediaUse = 'upload' | 'file' | 'thumbnail' | 'export'

/** A signed URL. */
export interface MediaLink {
  readonly url: string
  readonly expiresAt: Date
}

/** What a URL of a file says. */
export interface SignedRequest {
  readonly mediaId: string
  readonly use: MediaUse
  /** Seconds since 1970. */
  readonly expires: number
  readonly signature: string
}

/** Signs URLs and checks them: see `createLinks`. */
export interface MediaLinks {
  /** Makes a URL. It does not depend on who asks, and stays the same for an hour, so that browsers keep what they got. */
  linkTo(use: MediaUse, mediaId: string): MediaLink
  /** @throws AppError FORBIDDEN when it was not made by us, or has expired. */
  verify(request: SignedRequest): void
}

/** Makes the signer of URLs: HMAC-SHA256 with the secret that all servers share. */
export function createLinks({ publicUrl, secret }: { publicUrl: string; secret: Uint8Array }): MediaLinks {
  const sign = (use: MediaUse, mediaId: string, expires: number) =>
    createHmac('sha256', secret).update(`${use} ${mediaId} ${expires}`).digest()
  return {
    linkTo(use, mediaId) {
      const expires = Math.floor(expiryOf(use) / 1_000)
      const signature = sign(use, mediaId, expires).toString('base64url')
      const url = `${publicUrl}/media/${mediaId}/${use}?expires=${expires}&signature=${signature}`
      return { url, expiresAt: new Date(expires * 1_000) }
    },
    verify({ use, mediaId, expires, signature }) {
      const given = Buffer.from(signature, 'base64url')
      const right = sign(use, mediaId, expires)
      if (given.length !== right.length || !timingSafeEqual(given, right)) {
        throw new AppError('FORBIDDEN', 'The signature of this URL is wrong. Use URLs as the API gives them.')
      }
      if (expires * 1_000 <= Date.now()) {
        throw new AppError('FORBIDDEN', 'This URL has expired. Ask the API for a new one.')
      }
    },
  }
}

function expiryOf(use: MediaUse): number {
  const { uploadUrlMs, urlWindowMs } = mediaLimits
  if (use === 'upload') return Date.now() + uploadUrlMs
  return (Math.floor(Date.now() / urlWindowMs) + 2) * urlWindowMs
}

/** Reads the secret that signs URLs. The first server of a database makes it. */
export async function readSecret(sql: Sql): Promise<Uint8Array> {
  await sql(Prisma.sql`
    -- readSecret: media_keys_pkey
    insert into media_keys (id, secret)
    values (1, ${randomBytes(32)})
    on conflict do nothing`)
  const [row] = await sql<{ secret: Uint8Array }>(Prisma.sql`
    -- readSecret: media_keys_pkey
    select secret
    from media_keys
    where id = 1`)
  invariant(row, 'there is a secret after making it')
  return row.secret
}
