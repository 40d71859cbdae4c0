import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { TestServer } from '../client/src/testing/index.ts'
import type { Sides } from './sides.ts'

/** Where the page asks for faults. */
export const controlPath = '/lab/control'

const bodyBytesMax = 256
const side = z.enum(['left', 'right'])
const orders = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.enum(['cut', 'pause', 'resume']), side }),
  z.strictObject({ fault: z.enum(['kill', 'mark', 'rollBack']) }),
])

/** Answers requests of the page at `controlPath`. */
export type Control = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The parts that faults happen to. */
export interface ControlParts {
  readonly sides: Sides
  readonly server: Pick<TestServer, 'kill' | 'mark' | 'rollBack'>
  /** The host and port at which the page is reached, such as `localhost:4001`. */
  isOwnHost(host: string | undefined): boolean
}

/**
 * Creates the control of faults, for the page of this very origin alone.
 *
 * GET gives the token that a POST has to carry. A page of another origin cannot read it (no CORS), a name that was made to
 * lead here has another Host (DNS rebinding), and a POST from elsewhere has another Origin and no token (CSRF).
 */
export function createControl({ sides, server, isOwnHost }: ControlParts): Control {
  const token = randomBytes(32).toString('base64url')
  let isBusy = false
  let isMarked = false

  async function disturb(order: z.infer<typeof orders>): Promise<number> {
    if ('side' in order) {
      sides[order.fault](order.side)
      return 204
    }
    if (isBusy || (order.fault === 'rollBack' && !isMarked)) return 409
    isBusy = true
    try {
      await server[order.fault]()
      isMarked ||= order.fault === 'mark'
      return 204
    } finally {
      isBusy = false
    }
  }

  return async (request, response) => {
    const { method } = request
    if (!isOwnPage(request, isOwnHost)) return send(response, 403)
    if (method === 'GET') return send(response, 200, { token })
    if (method !== 'POST') return send(response, 405)
    if (!isEqual(request.headers['x-lab-token'], token)) return send(response, 403)
    if (!(Number(request.headers['content-length']) <= bodyBytesMax)) return send(response, 413)
    const order = orders.safeParse(parse(await text(request)))
    if (!order.success) return send(response, 400)
    return send(response, await disturb(order.data))
  }
}

/** Tells whether the page of this origin asks. Browsers name the origin with each POST, and where a request is from. */
function isOwnPage({ method, headers }: IncomingMessage, isOwnHost: ControlParts['isOwnHost']): boolean {
  const { host, origin, 'sec-fetch-site': from = 'same-origin' } = headers
  if (!isOwnHost(host) || from !== 'same-origin') return false
  return origin === `http://${host}` || (origin === undefined && method === 'GET')
}

function isEqual(given: string | string[] | undefined, token: string): boolean {
  return (
    typeof given === 'string' &&
    given.length === token.length &&
    timingSafeEqual(Buffer.from(given), Buffer.from(token))
  )
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

function send(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    ...(body && { 'content-type': 'application/json' }),
  })
  response.end(body && JSON.stringify(body))
}
