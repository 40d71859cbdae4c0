// A storage that speaks S3, for as much of it as Kabar uses: objects by path, ranges, and signed URLs.

import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { S3Config } from '../../src/config/media.ts'

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'a secret of the tests' }
const region = 'us-east-1'

/** A storage that runs. */
export interface FakeS3 {
  readonly config: S3Config
  /** The objects by their path, `/bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>
  /** Makes the next requests fail with a status, as many as there are. */
  failWith(statuses: readonly number[]): void
  close(): Promise<void>
}

/** Starts an empty storage. It takes only what is signed with its key, as AWS Signature Version 4 says. */
export async function startS3(): Promise<FakeS3> {
  const objects = new Map<string, Buffer>()
  const faults: number[] = []
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const url = new URL(request.url ?? '/', 'http://s3')
    const fault = faults.shift()
    if (fault !== undefined) return refuse(response, fault, 'InternalError')
    if (!isSigned(request, url)) return refuse(response, 403, 'SignatureDoesNotMatch')
    const path = decodeURIComponent(url.pathname)
    if (request.method === 'PUT') {
      objects.set(path, body)
      response.writeHead(200, { etag: '"x"' }).end()
      return
    }
    if (request.method === 'DELETE') {
      objects.delete(path)
      response.writeHead(204).end()
      return
    }
    const object = objects.get(path)
    if (!object) return refuse(response, 404, 'NoSuchKey')
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const part = start && end ? object.subarray(Number(start), Number(end) + 1) : object
    response.writeHead(start ? 206 : 200, {
      'content-length': part.byteLength,
      'content-type': url.searchParams.get('response-content-type') ?? 'binary/octet-stream',
      'content-disposition': url.searchParams.get('response-content-disposition') ?? '',
    })
    response.end(request.method === 'HEAD' ? undefined : part)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    config: { bucket: 'kabar', region, endpoint: `http://127.0.0.1:${port}`, credentials },
    objects,
    failWith: (statuses) => faults.push(...statuses),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`)
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** Checks AWS Signature Version 4, in the header or in the URL. */
function isSigned({ method = '', headers }: IncomingMessage, url: URL): boolean {
  const fromUrl = Object.fromEntries(url.searchParams)
  const fromHeader = Object.fromEntries(
    [...(headers.authorization ?? '').matchAll(/(Credential|SignedHeaders|Signature)=([^,\s]+)/g)].map(
      ([, name, value]) => [`X-Amz-${name}`, value],
    ),
  )
  const isHeader = headers.authorization !== undefined
  const given: Record<string, string | undefined> = isHeader ? fromHeader : fromUrl
  const date = isHeader ? String(headers['x-amz-date']) : (given['X-Amz-Date'] ?? '')
  const [, ...scope] = (given['X-Amz-Credential'] ?? '').split('/')
  const names = (given['X-Amz-SignedHeaders'] ?? '').split(';')
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names.join(';'),
    isHeader ? String(headers['x-amz-content-sha256']) : 'UNSIGNED-PAYLOAD',
  ].join('\n')
  const digest = createHash('sha256').update(canonical).digest('hex')
  const key = scope.reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`)
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), digest].join('\n')
  return hmac(key, text).toString('hex') === given['X-Amz-Signature']
}
