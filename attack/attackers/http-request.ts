import { type Agent, request } from 'node:http'

/** How a request of an attacker was answered. */
export interface HttpAnswer {
  /** A status, with the code of the first error of GraphQL where there is one, or why there was no answer. */
  readonly how: string
  readonly text: string
  readonly retryAfterMs: number
}

const answerMs = 20_000

/** Sends one request from an address of the loopback network. */
export function sendRequest(
  url: string,
  options: {
    readonly address: string
    readonly agent?: Agent
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body: string | Uint8Array
  },
): Promise<HttpAnswer> {
  const { address: localAddress, method = 'POST', headers = {}, body, agent } = options
  return new Promise((resolve) => {
    const fail = (how: string) => resolve({ how, text: '', retryAfterMs: 1_000 })
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const asking = request(
      url,
      { method, localAddress, headers: { ...headers, ...length }, ...(agent && { agent }), timeout: answerMs },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', () => fail('reset'))
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString()
          const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
          const how = code ?? `status ${response.statusCode}`
          resolve({ how, text, retryAfterMs: Number(response.headers['retry-after'] ?? 1) * 1_000 })
        })
      },
    )
    asking.once('error', (error: NodeJS.ErrnoException) => fail(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'))
    asking.once('timeout', () => {
      asking.destroy()
      fail('no answer')
    })
    asking.end(body)
  })
}
