import { ask } from '../../chaos/client.ts'
import type { Person } from '../../chaos/world.ts'

const mutation = `mutation ($input: CreateUploadInput!) { createUpload(input: $input) { media { id } uploadUrl } }`

/** An upload that was announced. */
export interface Announced {
  readonly mediaId: string
  /** The path of the URL that takes its bytes. */
  readonly path: string
}

/** Announces an upload. Null when it is refused. */
export async function announce(
  url: string,
  { token }: Person,
  input: { readonly name: string; readonly mimeType: string; readonly bytes: number },
): Promise<Announced | null> {
  const answer = await ask<{ createUpload: { media: { id: string }; uploadUrl: string } }>(
    url,
    { query: mutation, variables: { input }, token },
    10_000,
  )
  if (answer.kind !== 'done') return null
  const { media, uploadUrl } = answer.data.createUpload
  const { pathname, search } = new URL(uploadUrl, url)
  return { mediaId: media.id, path: `${pathname}${search}` }
}
