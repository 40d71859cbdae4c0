// Signing in and up over GraphQL, for the tests of accounts and sessions.

import { randomUUID } from 'node:crypto'
import { type Answer, Client, post, type Server } from './client.ts'

/** The answer of every mutation that signs a user in. */
export interface Grant {
  accessToken: string
  accessTokenExpiresAt: string
  refreshToken: string
  refreshTokenExpiresAt: string
  viewer: {
    user: { id: string; username: string | null; displayName: string; isGuest: boolean }
    email: string | null
    phone: string | null
    hasPassword: boolean
    session: { id: string; userAgent: string | null; isCurrent: boolean }
    sessions: { id: string; isCurrent: boolean }[]
  }
}

/** Lets the user of a grant act at a server. */
export function toClient(server: Server, { accessToken: token, refreshToken, viewer }: Grant): Client {
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name: viewer.user.username ?? '' })
}

const grantFields = `{
  accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt
  viewer {
    user { id username displayName isGuest } email phone hasPassword
    session { id userAgent isCurrent } sessions { id isCurrent }
  }
}`

const inputTypes = {
  register: 'RegisterInput',
  signIn: 'SignInInput',
  signInAsGuest: 'SignInAsGuestInput',
  upgradeGuest: 'UpgradeGuestInput',
  refreshSession: 'RefreshSessionInput',
  changePassword: 'ChangePasswordInput',
}

/** A password that is good enough. */
export const password = 'correct horse battery'

/** A username that nobody has. */
export function freshName(): string {
  return `u${randomUUID().replaceAll('-', '').slice(0, 20)}`
}

/** Runs a mutation that signs somebody in, and gives the whole answer. */
export function attempt(
  server: Server,
  mutation: keyof typeof inputTypes,
  input: Record<string, unknown>,
  token?: string,
): Promise<Answer<Record<string, Grant>>> {
  const query = `mutation ($input: ${inputTypes[mutation]}!) { ${mutation}(input: $input) ${grantFields} }`
  return post(server, { query, variables: { input }, token })
}

/** Runs a mutation that must sign somebody in. */
export async function enter(...args: Parameters<typeof attempt>): Promise<Grant> {
  const { data, errors } = await attempt(...args)
  const grant = data?.[args[1]]
  if (!grant) throw new Error(`${args[1]} failed: ${JSON.stringify(errors)}`)
  return grant
}

/** Runs a mutation that must not sign anybody in, and gives the code of its error. */
export async function refusal(...args: Parameters<typeof attempt>): Promise<unknown> {
  const { data, errors } = await attempt(...args)
  if (!errors) throw new Error(`${args[1]} succeeded: ${JSON.stringify(data)}`)
  return errors[0]?.extensions.code
}

/** Makes a registered user with `password`. */
export function newUser(server: Server, input: Record<string, unknown> = {}): Promise<Grant> {
  return enter(server, 'register', { username: freshName(), password, ...input })
}

/** The code of the error that a token gets, or the id of the user whose it is. */
export async function whose(server: Server, token: string): Promise<unknown> {
  const { data, errors } = await post<{ viewer: { user: { id: string } } | null }>(server, {
    query: '{ viewer { user { id } } }',
    token,
  })
  return errors?.[0]?.extensions.code ?? data?.viewer?.user.id ?? null
}
