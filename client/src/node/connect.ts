import type { SessionUser } from '../api/entities.ts'
import type { Kabar, KabarOptions } from '../api/kabar.ts'
import { KabarError } from '../errors.ts'
import type { CurrentUserQuery } from '../generated/operations.ts'
import { createKabar } from '../kabar.ts'
import { currentUserQuery } from '../operations/account.ts'
import { memorySession } from '../session/storage.ts'
import { createHttp } from '../transport/http.ts'

/** How a program of Node connects. */
export interface ConnectOptions extends KabarOptions {
  /** An access token, for example one that the operator has made. Without it, sign in or give a `sessionStorage`. */
  readonly token?: string
}

/**
 * Makes a client for a program of Node 20 or newer. It resolves when it is known who is signed in.
 *
 * @throws KabarError of a token that is not good, or NETWORK.
 */
export async function connect({ token, ...given }: ConnectOptions): Promise<Kabar> {
  const options: KabarOptions = { sessionStorage: memorySession(), ...given }
  const hasSocket = given.WebSocket !== undefined || typeof globalThis.WebSocket === 'function'
  // Node 20 has no WebSocket
  const kabar = createKabar(hasSocket ? options : { ...options, WebSocket: (await import('ws')).WebSocket })
  if (token !== undefined) {
    try {
      kabar.session.adopt({ accessToken: token, user: await userOf(token, kabar.url, given.fetch) })
    } catch (error) {
      await kabar.close()
      throw error
    }
  }
  await new Promise<void>((resolve) => {
    if (kabar.session.getSnapshot().status !== 'loading') return resolve()
    const stop = kabar.session.subscribe(() => {
      stop()
      resolve()
    })
  })
  return kabar
}

async function userOf(token: string, url: string, fetch = globalThis.fetch): Promise<SessionUser> {
  const answer = await createHttp({ url, fetch }).post({ query: currentUserQuery, token })
  const { viewer } = answer as CurrentUserQuery
  if (!viewer) throw new KabarError('UNAUTHENTICATED', 'The token is of nobody. Give one that the server has made.')
  return viewer.user
}
