import { ask } from '../../chaos/client.ts'
import type { Person } from '../../chaos/world.ts'

const mutation = `mutation ($input: CreateUploadInput!) { createUpload(input: $input) { uploadUrl } }`

/** Announces an upload. Returns the path of its URL; null when it is refused. */
export async function announce(
  url: string,
  { token }: Person,
  input: { readonly name: string; readonly mimeType: string; readonly bytes: number },
): Promise<string | null> {
  const answer = await ask<{ createUpload: { uploadUrl: string } }>(
    url,
    { query: mutation, variables: { input }, token },
    10_000,
  )
  if (answer.kind !== 'done') return null
  const { pathname, search } = new URL(answer.data.createUpload.uploadUrl, url)
  return `${pathname}${search}`
}
