import { connect, type Socket } from 'node:net'
import { createFrameReader, handshakeKey, pongFrame, textFrame } from './frames.ts'

/** A WebSocket client that does as little as possible. */
export interface RawSocket {
  /** Gets each text frame from now on; the payload is only valid during the call. */
  onText: (payload: Buffer) => void
  /** Called once when the connection is gone. */
  onClosed: () => void
  /** Sends text frames in one write. */
  send(...texts: string[]): void
  /** The next text frame, before anything else listens. */
  next(): Promise<string>
  end(): void
}

/** Where to connect. */
export interface SocketTarget {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Such as `/graphql`. */
  readonly path: string
  readonly protocol?: string
}

const engineIoPing = 0x32 // "2"

/** Opens a WebSocket: resolves when the server has agreed. */
export function openSocket({ url, path, protocol }: SocketTarget): Promise<RawSocket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true })
    tcp.once('error', reject)
    tcp.once('connect', () => tcp.write(handshake({ host: `${hostname}:${port}`, path, protocol })))
    let head = Buffer.alloc(0)
    tcp.on('data', function onData(chunk: Buffer) {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      tcp.off('data', onData)
      tcp.off('error', reject)
      if (!head.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        tcp.destroy()
        reject(new Error(`the server refused a WebSocket: ${head.toString('latin1', 0, end)}`))
        return
      }
      resolve(attach(tcp, head.subarray(end + 4)))
    })
  })
}

function attach(tcp: Socket, first: Buffer): RawSocket {
  const socket: RawSocket = {
    onText: () => {},
    onClosed: () => {},
    send(...texts) {
      tcp.write(texts.length === 1 ? textFrame(texts[0] ?? '') : Buffer.concat(texts.map(textFrame)))
    },
    next() {
      return new Promise((resolve, reject) => {
        socket.onText = (payload) => resolve(String(payload))
        socket.onClosed = () => reject(new Error('the server closed a WebSocket'))
      })
    },
    end: () => tcp.destroy(),
  }
  const read = createFrameReader({
    onText(payload) {
      if (payload.length === 1 && payload[0] === engineIoPing) socket.send('3')
      else socket.onText(payload)
    },
    onPing: (payload) => tcp.write(pongFrame(payload)),
    onClose: () => tcp.destroy(),
  })
  tcp.on('data', read)
  tcp.on('error', () => {}) // what broke also closes
  tcp.once('close', () => socket.onClosed())
  if (first.length > 0) setImmediate(() => read(first))
  return socket
}

function handshake({ host, path, protocol }: { host: string; path: string; protocol: string | undefined }): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${handshakeKey()}`,
    ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
