// HTTP/1.1 over a connection that is kept alive, as cheaply as a load generator needs it.

import { connect } from 'node:net'

/** A connection that carries one request at a time. */
export interface HttpConnection {
  /** Posts JSON and gives the body of the answer. */
  post(body: string): Promise<string>
  end(): void
}

const endOfHead = Buffer.from('\r\n\r\n')
const endOfChunks = Buffer.from('\r\n0\r\n\r\n')

/** Opens a connection to `/graphql`, with headers that every request of it sends. */
export function openHttp(url: string, headers: Readonly<Record<string, string>>): Promise<HttpConnection> {
  const { hostname, port } = new URL(url)
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head =
    `POST /graphql HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n` +
    `accept: application/json\r\n${given.join('')}content-length: `
  const tcp = connect({ host: hostname, port: Number(port), noDelay: true })
  let data: Buffer = Buffer.alloc(0)
  let settle: { resolve(body: string): void; reject(error: Error): void } | null = null
  const fail = (error: Error) => settle?.reject(error)

  tcp.on('data', (chunk: Buffer) => {
    data = data.length === 0 ? chunk : Buffer.concat([data, chunk])
    const body = readBody(data)
    if (body === null) return
    data = Buffer.alloc(0)
    settle?.resolve(body)
  })
  tcp.on('error', fail)
  tcp.on('close', () => fail(new Error('the server closed an HTTP connection')))

  return new Promise((resolve, reject) => {
    tcp.once('error', reject)
    tcp.once('connect', () => {
      tcp.off('error', reject)
      resolve({
        post(body) {
          // a server closes those that are idle for long
          if (tcp.destroyed) return Promise.reject(new Error('the server has closed an HTTP connection'))
          tcp.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`)
          return new Promise((resolve, reject) => {
            settle = { resolve, reject }
          })
        },
        end() {
          settle = null
          tcp.destroy()
        },
      })
    })
  })
}

/** The body of a whole answer; null while there is more to come. Chunks are given as they came. */
function readBody(data: Buffer): string | null {
  const headEnd = data.indexOf(endOfHead)
  if (headEnd < 0) return null
  const head = data.toString('latin1', 0, headEnd).toLowerCase()
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1]
  const start = headEnd + endOfHead.length
  if (length !== undefined) {
    return data.length >= start + Number(length) ? data.toString('utf8', start, start + Number(length)) : null
  }
  const isWhole = data.subarray(-endOfChunks.length).equals(endOfChunks)
  return isWhole ? data.toString('utf8', start) : null
}
