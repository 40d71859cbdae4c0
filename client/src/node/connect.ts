import type { Kabar, KabarOptions } from '../api/kabar.ts'
import { createKabar } from '../kabar.ts'
import { memorySession } from '../session/storage.ts'

/** How a program of Node connects. */
export interface ConnectOptions extends KabarOptions {
  /** An access token, for example one that the operator has made. Without it, sign in or give a `sessionStorage`. */
  readonly token?: string
}

/** Makes a client for a program of Node 20 or newer. It resolves when it is known who is signed in. */
export async function connect({ token, ...given }: ConnectOptions): Promise<Kabar> {
  const options: KabarOptions = { sessionStorage: memorySession(), ...given }
  const hasSocket = given.WebSocket !== undefined || typeof globalThis.WebSocket === 'function'
  // Node 20 has no WebSocket
  const kabar = createKabar(hasSocket ? options : { ...options, WebSocket: (await import('ws')).WebSocket })
  if (token !== undefined) await adopt(kabar, token)
  await new Promise<void>((resolve) => {
    if (kabar.session.getSnapshot().status !== 'loading') return resolve()
    const stop = kabar.session.subscribe(() => {
      stop()
      resolve()
    })
  })
  return kabar
}

interface ViewerAnswer {
  readonly viewer: {
    readonly user: { __typename: 'User'; id: string; username: string | null; displayName: string; isGuest: boolean }
  }
}

async function adopt(kabar: Kabar, accessToken: string): Promise<void> {
  const nobody = { __typename: 'User', id: '', username: null, displayName: '', isGuest: false } as const
  kabar.session.adopt({ accessToken, user: nobody })
  const { viewer } = await kabar.query<ViewerAnswer>(
    '{ viewer { user { __typename id username displayName isGuest } } }',
  )
  kabar.session.adopt({ accessToken, user: viewer.user })
}
