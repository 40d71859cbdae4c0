// Uploading files as a client does: announce, PUT, use.

import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import type { Client } from './client.ts'

/** A media as tests look at it. */
export interface MediaView {
  id: string
  name: string
  kind: 'IMAGE' | 'VIDEO' | 'AUDIO' | 'FILE'
  mimeType: string
  bytes: number
  width: number | null
  height: number | null
  url: string
  thumbnailUrl: string | null
}

const mediaFields = 'id name kind mimeType bytes width height url thumbnailUrl'

export const createUpload = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) { media { ${mediaFields} } uploadUrl expiresAt }
}`

/** The file to upload, and its properties. */
export interface Given {
  name?: string
  mimeType?: string
  bytes?: number
}

/** Announces an upload. */
export async function announce(client: Client, body: Uint8Array, { name = 'a.bin', mimeType, bytes }: Given = {}) {
  const input = { name, mimeType: mimeType ?? 'application/octet-stream', bytes: bytes ?? body.byteLength }
  const data = await client.call<{ createUpload: { media: MediaView; uploadUrl: string; expiresAt: string } }>(
    createUpload,
    { input },
  )
  return data.createUpload
}

/** A URL of a client's server, from one of the API, of whichever server. */
export function at(client: Client, url: string): string {
  const { pathname, search } = new URL(url, client.server.url)
  return new URL(`${pathname}${search}`, client.server.url).href
}

/** Puts bytes to an upload's URL, and gives the status and the code of what came back. */
export async function put(client: Client, url: string, body: BodyInit): Promise<{ status: number; code: unknown }> {
  const response = await fetch(at(client, url), { method: 'PUT', body })
  const text = await response.text()
  return { status: response.status, code: text === '' ? null : (JSON.parse(text) as { code: unknown }).code }
}

/** Bytes of no type: those that are all random begin as markup or a film once in some hundred times. */
export function anyBytes(count: number): Buffer {
  const beginning = Buffer.from('of no type: '.slice(0, count))
  return Buffer.concat([beginning, randomBytes(count - beginning.byteLength)])
}

/** A body of bytes for fetch. */
export const bodyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

/** Finds a media by its id; null when the client may not see it. */
export async function findMedia(client: Client, id: string): Promise<MediaView | null> {
  const { node } = await client.call<{ node: MediaView | null }>(
    `query ($id: ID!) { node(id: $id) { ... on Media { ${mediaFields} } } }`,
    { id },
  )
  return node
}

/** Uploads a file that must be taken, and gives its media. */
export async function upload(client: Client, body: Uint8Array, given: Given = {}): Promise<MediaView> {
  const { media, uploadUrl } = await announce(client, body, given)
  const { status, code } = await put(client, uploadUrl, bodyOf(body))
  if (status !== 204) throw new Error(`the upload was refused with ${status} ${String(code)}`)
  const found = await findMedia(client, media.id)
  if (!found) throw new Error('the upload is not there')
  return found
}

/** A picture of noise, which no format makes small. */
export async function picture(
  format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' = 'png',
  { width = 40, height = 30 } = {},
): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const
  const image = sharp({ create: { width, height, channels: 3, background: '#000', noise } })
  return image.toFormat(format).toBuffer()
}
