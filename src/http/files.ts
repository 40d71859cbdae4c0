// Files over HTTP: PUT receives an upload, GET and HEAD send a file. The signature of the URL is the permission.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import { readArchive } from '../account/export/queries.ts'
import type { Config } from '../config/config.ts'
import { mediaLimits } from '../config/media.ts'
import type { Database } from '../database/client.ts'
import type { Sql } from '../database/sql.ts'
import { AppError, type ErrorCode, notFound } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Media } from '../generated/prisma/client.ts'
import { toClientError } from '../graphql/errors.ts'
import type { MediaFiles } from '../media/files.ts'
import type { SignedRequest } from '../media/links.ts'
import { mediaByIds } from '../media/service.ts'
import type { ByteRange, Presentation } from '../media/storage/storage.ts'
import { createUploadReceiver } from '../media/uploads/receiver.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { AddressOf } from './client-address.ts'
import { exposedHeaders, isAllowedOrigin, preflightSeconds } from './origin.ts'
import { pathOf } from './requests.ts'
import { type Route, sendJson } from './route.ts'

/** Prefix of file paths. */
export const mediaPath = '/media/'

const pathPattern = /^\/media\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/(upload|file|thumbnail|export)$/

/** The parts of the server that files need. */
export interface FilesRouteOptions {
  files: MediaFiles
  database: Pick<Database, 'db' | 'sql'>
  feed: Feed
  metrics: Pick<Metrics, 'counts'>
  config: Config
  log: Logger
  addressOf: AddressOf
}

/** Serves `/media/…`: uploads and downloads by signed URLs. */
export function createFilesRoute({ files, database, feed, metrics, config, log, addressOf }: FilesRouteOptions): Route {
  const { db, sql } = database
  const receive = createUploadReceiver({ files, db, sql, feed, config, metrics })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allowOrigin(request, response, config)
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    const asked = parseRequest(request)
    const methods = asked.use === 'upload' ? ['PUT'] : ['GET', 'HEAD']
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '))
      sendJson(response, 405, { error: `Only ${methods.join(' and ')} are allowed here.`, code: 'BAD_USER_INPUT' })
      return
    }
    await files.verify(asked)
    if (asked.use === 'upload') {
      const { 'content-length': length } = request.headers
      const contentLength = length ? Number(length) : null
      await receive({ mediaId: asked.mediaId, body: request, contentLength, address: addressOf(request) })
      response.writeHead(204, { 'cache-control': 'no-store' }).end()
      return
    }
    await sendFile({ request, response, files, metrics, asked, ...(await findFile(sql, asked)) })
  }

  return (request, response) => {
    if (!pathOf(request).startsWith(mediaPath)) return false
    serve(request, response).catch((error: unknown) => refuse({ request, response, log, error }))
    return true
  }
}

function allowOrigin({ headers, method }: IncomingMessage, response: ServerResponse, config: Config): void {
  const { origin, host = null, 'access-control-request-headers': asked } = headers
  response.setHeader('vary', 'origin')
  if (origin === undefined || !isAllowedOrigin(config, { origin, host })) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader(
    'access-control-expose-headers',
    ['content-length', 'content-range', 'etag', 'accept-ranges', ...exposedHeaders].join(', '),
  )
  if (method !== 'OPTIONS') return
  response.setHeader('access-control-allow-methods', 'GET, HEAD, PUT')
  // tracing adds other headers
  response.setHeader('vary', 'origin, access-control-request-headers')
  response.setHeader('access-control-allow-headers', asked ?? 'content-type, range, if-range, if-none-match')
  response.setHeader('access-control-max-age', preflightSeconds)
}

/** @throws AppError NOT_FOUND when it is not a file URL, FORBIDDEN when it is not signed. */
function parseRequest(request: IncomingMessage): SignedRequest {
  const [, mediaId, use] = pathPattern.exec(pathOf(request)) ?? []
  if (!mediaId || (use !== 'upload' && use !== 'file' && use !== 'thumbnail' && use !== 'export'))
    throw notFound('media')
  const query = new URLSearchParams((request.url ?? '').split('?')[1])
  const expires = Number(query.get('expires') ?? Number.NaN)
  return { mediaId, use, expires, signature: query.get('signature') ?? '' }
}

/** The file behind a URL. */
interface FoundFile {
  readonly key: string
  readonly presentation: Presentation
}

/** @throws AppError NOT_FOUND */
async function findFile(sql: Sql, { use, mediaId: id }: SignedRequest): Promise<FoundFile> {
  if (use === 'export') {
    const key = await readArchive(sql, id)
    if (key === null) throw notFound('export')
    return {
      key,
      presentation: { contentType: 'application/zip', contentDisposition: 'attachment; filename="kabar-export.zip"' },
    }
  }
  const [media] = await mediaByIds({ sql }, [id])
  const key = use === 'file' ? media?.storageKey : media?.thumbnailKey
  if (!media || !key) throw notFound('media')
  return { key, presentation: presentationOf(media, use) }
}

interface Sending extends FoundFile {
  request: IncomingMessage
  response: ServerResponse
  files: MediaFiles
  metrics: Pick<Metrics, 'counts'>
  asked: SignedRequest
}

async function sendFile(sending: Sending): Promise<void> {
  const { request, response, files, metrics, key, presentation, asked } = sending
  const { storage } = files
  const seconds = Math.floor(asked.expires - files.now() / 1_000)
  const direct = request.method === 'GET' ? await storage.directUrl(key, { ...presentation, seconds }) : null
  const etag = `"${key.slice(3)}"`
  response.setHeader('etag', etag)
  response.setHeader('cache-control', `private, max-age=${seconds}, immutable`)
  // pages of any origin may embed an image: having the URL is the permission
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
  response.setHeader('content-security-policy', "default-src 'none'; sandbox")
  if (direct !== null) {
    response.writeHead(302, { location: direct }).end()
    return
  }
  if (request.headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end()
    return
  }
  const bytes = await storage.size(key)
  if (bytes === null) throw notFound('media')
  response.setHeader('accept-ranges', 'bytes')
  const range = parseRange(request, { bytes, etag })
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${bytes}`)
    response.removeHeader('cache-control')
    sendJson(response, 416, { error: `The file has ${bytes} bytes.`, code: 'BAD_USER_INPUT' })
    return
  }
  if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${bytes}`)
  const body = request.method === 'HEAD' ? null : await storage.read(key, range ?? undefined)
  if (request.method !== 'HEAD' && !body) throw notFound('media')
  const length = range ? range.end - range.start + 1 : bytes
  response.writeHead(range ? 206 : 200, {
    'content-type': presentation.contentType,
    'content-disposition': presentation.contentDisposition,
    'content-length': length,
  })
  if (!body) {
    response.end()
    return
  }
  metrics.counts.media_bytes_total.sent += length
  // a client that disconnects is not an error
  await pipeline(body, response).catch(() => response.destroy())
}

/** Parses one range (RFC 9110, section 14). Null sends the whole file: no range, several, or one of another version. */
function parseRange(
  { headers }: IncomingMessage,
  { bytes, etag }: { bytes: number; etag: string },
): ByteRange | 'unsatisfiable' | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? []
  if (from === '' && to === '') return null
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return null
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  if (from !== '' && to !== '' && Number(to) < start) return null
  return start >= bytes || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { start, end }
}

/**
 * Serves known types inline with their type; everything else is a download of bytes.
 *
 * media/file-types.ts has decided which by `kind`, from the content of the upload: a FILE is only downloaded.
 */
function presentationOf({ kind, mimeType, name }: Media, use: SignedRequest['use']): Presentation {
  const contentType = use === 'thumbnail' ? 'image/webp' : kind === 'FILE' ? 'application/octet-stream' : mimeType
  const disposition = kind === 'FILE' ? 'attachment' : 'inline'
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  // RFC 5987: characters that encodeURIComponent keeps and a parameter may not contain
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return { contentType, contentDisposition: `${disposition}; filename="${plain}"; filename*=UTF-8''${encoded}` }
}

const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UPLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA: 415,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
}

interface Refusal {
  request: IncomingMessage
  response: ServerResponse
  log: Logger
  error: unknown
}

/** Sends a refusal. Keeps reading the body for a while: a client that is still sending does not read the response. */
function refuse({ request, response, log, error }: Refusal): void {
  // the client has disconnected: no response
  if (response.headersSent || response.destroyed || request.errored) {
    response.destroy()
    return
  }
  const { message, extensions } = toClientError(error, log)
  const code = error instanceof AppError ? error.code : (extensions.code as ErrorCode)
  for (const name of ['etag', 'cache-control', 'accept-ranges', 'content-range']) response.removeHeader(name)
  if (!request.complete) {
    response.setHeader('connection', 'close')
    request.unpipe()
    request.resume()
    const timer = setTimeout(() => request.destroy(), mediaLimits.refusedBodyMs)
    request.once('close', () => clearTimeout(timer))
  }
  sendJson(response, statuses[code] ?? 500, { error: message, ...extensions })
}
