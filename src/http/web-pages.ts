// The pages of the web client: what `vite build` has put into web/dist, held in memory with its compressed forms.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MediaConfig } from '../config/media.ts'
import { createPagePolicy } from './page-policy.ts'
import { pathOf } from './requests.ts'
import type { Route } from './route.ts'

/** Where the build of the web client is. */
export const webDirectory = fileURLToPath(new URL('../../web/dist', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}

/** Paths of the API and of small routes: a page never stands there. */
const reserved = /^\/(graphql|media|healthz|readyz|\.well-known|assets)(\/|$)/
/** Deep links: `/r/TEATABLE/123`. Names with a dot are files, and double slashes are nobody's. */
const deepLink = /^(\/[\w~%@+-]*)+$/
/** The page `/lab` and its files. */
const labPath = /^(\/assets)?\/lab(?![^/-])/

interface PageFile {
  readonly type: string
  readonly etag: string
  /** Hashed names never change; everything else is asked for again each time. */
  readonly isImmutable: boolean
  readonly bodies: { readonly plain: Buffer; readonly br?: Buffer | undefined; readonly gzip?: Buffer | undefined }
}

interface Build {
  readonly builtAtMs: number
  readonly files: ReadonlyMap<string, PageFile>
}

interface WebPages {
  readonly media: MediaConfig
  /** False if there is no page `/lab`. */
  readonly lab: boolean
  readonly directory: string
}

/**
 * Serves the web client at `/` and at its deep links.
 *
 * A build that replaces another is noticed at the next page; the files of the one before stay in reach, so that tabs
 * that are open still find what they load later. Before the first build a page says that it is coming.
 */
export function createWebPages({ media, lab, directory }: WebPages): Route {
  const policy = createPagePolicy(media)
  const index = join(directory, 'index.html')
  let build: Build | null = null
  let before: Build | null = null

  function refresh(): Build | null {
    const builtAtMs = statSync(index, { throwIfNoEntry: false })?.mtimeMs
    if (builtAtMs === undefined || builtAtMs === build?.builtAtMs) return build
    before = build
    build = { builtAtMs, files: readBuild(directory) }
    return build
  }

  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const path = pathOf(request)
    if (!lab && labPath.test(path)) return false
    const isPage = isPagePath(path, request)
    const current = isPage || build === null ? refresh() : build
    const file = isPage ? current?.files.get('/index.html') : (current?.files.get(path) ?? before?.files.get(path))
    if (!file && !isPage) return false
    for (const [name, value] of policy) response.setHeader(name, value)
    if (file) sendFile(request, response, file)
    else sendComing(response)
    return true
  }
}

function isPagePath(path: string, { headers }: IncomingMessage): boolean {
  if (path === '/') return true
  if (reserved.test(path) || path.includes('//') || !deepLink.test(path)) return false
  return headers.accept?.includes('text/html') ?? false
}

function readBuild(directory: string): Map<string, PageFile> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(directory.length).replaceAll('\\', '/')] : [],
  )
  const known = new Set(names)
  const read = (name: string) => readFileSync(join(directory, name))
  const files = names.flatMap((name): [string, PageFile][] => {
    const type = types[extname(name)]
    if (type === undefined) return []
    const plain = read(name)
    const [br, gzip] = ['.br', '.gz'].map((ending) => (known.has(name + ending) ? read(name + ending) : undefined))
    const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 16)
    return [[name, { type, etag, isImmutable: name.startsWith('/assets/'), bodies: { plain, br, gzip } }]]
  })
  return new Map(files)
}

function sendFile({ method, headers }: IncomingMessage, response: ServerResponse, file: PageFile): void {
  const accepted = String(headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((name) => file.bodies[name] && accepted.includes(name))
  const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`
  response.setHeader('vary', 'Accept-Encoding')
  response.setHeader('etag', etag)
  response.setHeader('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end()
    return
  }
  const body = (encoding && file.bodies[encoding]) ?? file.bodies.plain
  if (encoding) response.setHeader('content-encoding', encoding)
  response.writeHead(200, { 'content-type': file.type, 'content-length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}

const coming = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Kabar</title>
<h1>Kabar is running</h1>
<p>Its pages are being built, which takes a few seconds. This page opens them as soon as they are there.</p>
<p>The API already answers at <a href="/graphql">/graphql</a>.</p>
</html>
`

/** Says that the pages are being built, and asks again each second. */
function sendComing(response: ServerResponse): void {
  response.setHeader('refresh', '1')
  response.setHeader('retry-after', '1')
  response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(coming)
}
