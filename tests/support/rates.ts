// Servers that count what is tried, and what comes to them from many addresses.

import type { Answer, Server } from './client.ts'
import { test as base, type TestSettings } from './server.ts'

/** Settings of a server that counts, and refuses soon. */
export const tight: TestSettings = {
  edge: { trustedProxies: ['127.0.0.1', '::1'] },
  rates: {
    signInToAccount: { points: 3, seconds: 60 },
    signInFromAddress: { points: 6, seconds: 60 },
    signUpFromAddress: { points: 2, seconds: 60 },
    refreshFromAddress: { points: 2, seconds: 60 },
    passwordOfUser: { points: 2, seconds: 60 },
    passwordOfRoom: { points: 2, seconds: 60 },
    passwordOfRoomFromAddress: { points: 3, seconds: 60 },
  },
}

/** Servers that count. Others on the same database, `one` and `two`, do not. */
export const test = base
  .extend('counting', { scope: 'file' }, async ({ start }) => start(tight))
  .extend('other', { scope: 'file' }, async ({ start }) => start(tight))

let addresses = 0
/** An address that nothing has come from yet. */
export const freshAddress = () => `10.0.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`

/** Sends an operation from an address, as a proxy forwards it. */
export async function postFrom(
  address: string,
  server: Server,
  { query, variables, token }: { query: string; variables?: object; token?: string },
): Promise<Answer<Record<string, unknown>>> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': address,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer<Record<string, unknown>>
}

const signInMutation = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }'

/** The code of the first error; `none` where there is none. */
export const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code ?? 'none'

/** Tries to sign in from an address. */
export const signIn = (address: string, server: Server, username: string, given = 'a wrong password') =>
  postFrom(address, server, { query: signInMutation, variables: { input: { username, password: given } } })
