import { randomUUID } from 'node:crypto'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** An answer of a server. */
interface Answer<Data> {
  readonly data?: Data | null | undefined
  readonly errors?: readonly unknown[] | undefined
}

/** A user with a session, at any server. */
export interface User {
  readonly userId: string
  readonly username: string
  readonly password: string
  attempt<Data>(url: string, query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer<Data>>
  /** Runs an operation that must succeed. */
  call<Data = unknown>(url: string, query: string, variables?: Readonly<Record<string, unknown>>): Promise<Data>
  /** Changes the refresh token for new tokens. */
  refresh(url: string): Promise<void>
  /** Uploads a file. Returns its id. */
  upload(url: string, bytes: Buffer): Promise<string>
  /** Follows a subscription. `next` fails after a while. */
  follow<Data>(url: string, query: string, variables: Record<string, unknown>): { next(): Promise<Data> }
  close(): Promise<void>
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly viewer: { readonly user: { readonly id: string } }
}

const tokens = 'accessToken refreshToken viewer { user { id } }'
const patienceMs = 30_000

/** Registers a user at a server. */
export async function createUser(url: string): Promise<User> {
  const username = `user-${randomUUID().slice(0, 8)}`
  const password = randomUUID()
  const registered = await post<{ register: Tokens }>(url, {
    query: `mutation ($input: RegisterInput!) { register(input: $input) { ${tokens} } }`,
    variables: { input: { username, password } },
  })
  if (!registered.data) throw new Error(`${username} is not registered: ${JSON.stringify(registered.errors)}`)
  let { accessToken, refreshToken, viewer } = registered.data.register
  const clients: { dispose(): void | Promise<void> }[] = []
  const attempt: User['attempt'] = (at, query, variables) => post(at, { query, variables, token: accessToken })
  const call: User['call'] = async <Data>(at: string, query: string, variables?: Readonly<Record<string, unknown>>) => {
    const { data, errors } = await attempt<Data>(at, query, variables)
    if (errors || !data) throw new Error(`${query}\nfailed: ${JSON.stringify(errors)}`)
    return data
  }
  return {
    ...{ userId: viewer.user.id, username, password, attempt, call },
    async refresh(at) {
      const { refreshSession } = await call<{ refreshSession: Tokens }>(
        at,
        `mutation ($refreshToken: String!) { refreshSession(input: { refreshToken: $refreshToken }) { ${tokens} } }`,
        { refreshToken },
      )
      ;({ accessToken, refreshToken, viewer } = refreshSession)
    },
    async upload(at, bytes) {
      const input = { name: 'a.bin', mimeType: 'application/octet-stream', bytes: bytes.byteLength }
      const { createUpload } = await call<{ createUpload: { media: { id: string }; uploadUrl: string } }>(
        at,
        'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { media { id } uploadUrl } }',
        { input },
      )
      const { pathname, search } = new URL(createUpload.uploadUrl, at)
      const { status } = await fetch(`${at}${pathname}${search}`, { method: 'PUT', body: new Uint8Array(bytes) })
      if (status !== 204) throw new Error(`the upload was refused with ${status}`)
      return createUpload.media.id
    },
    follow<Data>(at: string, query: string, variables: Record<string, unknown>) {
      const client = createClient({
        ...{ url: `${at.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 },
        connectionParams: { authorization: `Bearer ${accessToken}` },
      })
      clients.push(client)
      return nextOf<Data>(client.iterate<Data>({ query, variables }))
    },
    async close() {
      await Promise.all(clients.map(async (client) => client.dispose()))
    },
  }
}

function nextOf<Data>(events: AsyncIterator<Answer<Data>>): { next(): Promise<Data> } {
  return {
    async next() {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error(`nothing came within ${patienceMs} ms`)), patienceMs)
      try {
        const { value, done } = await Promise.race([events.next(), late])
        if (done || !value.data) throw new Error(`instead of an event came ${JSON.stringify(value ?? 'the end')}`)
        return value.data
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function post<Data>(
  url: string,
  {
    query,
    variables,
    token,
  }: { query: string; variables?: Readonly<Record<string, unknown>> | undefined; token?: string },
): Promise<Answer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer<Data>
}
