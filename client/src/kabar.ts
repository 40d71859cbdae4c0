import { type AccountSwitch, createAccountSwitch } from './account-switch.ts'
import type { ConnectionState } from './api/connection.ts'
import type { ServerInfo } from './api/entities.ts'
import type { Kabar, KabarOptions } from './api/kabar.ts'
import type { FoundMessages, Mention } from './api/lists.ts'
import type { Live } from './api/live.ts'
import { bounds } from './config.ts'
import { KabarError } from './errors.ts'
import type { FoundFieldsFragment } from './generated/operations.ts'
import { createSource, createView } from './live.ts'
import { loadPart } from './load-part.ts'
import { serverInfoQuery } from './operations/account.ts'
import type { PutFile } from './outbox/put-file.ts'
import { listenToPlatform } from './platform.ts'
import { randomId } from './random-id.ts'
import { createRequests, textOf } from './requests.ts'
import { createSession, type OwnedSession } from './session/session.ts'
import { guardedSession, localSession } from './session/storage.ts'
import type { Ask } from './sync/parts.ts'
import { createRunAlone, webLocks } from './tabs/locks.ts'
import { createHttp } from './transport/http.ts'
import { createSources, type Sources } from './transport/sources.ts'
import { startUpload } from './upload.ts'

/** Makes a client of a server. It connects when something of it is used. */
export function createKabar(given: KabarOptions): Kabar {
  const url = checkedUrl(given.url)
  const options = { ...given, url }
  const { fetch = (input, init) => globalThis.fetch(input, init) } = given
  const http = createHttp({ url, fetch })
  const storage = given.sessionStorage ?? localSession(`kabar ${url}`)
  const onError = (error: KabarError) => given.onError?.(error)
  const session = createSession({
    ...{ http, runAlone: createRunAlone(), name: `kabar ${url}` },
    storage: guardedSession(storage, onError),
  })
  const { run, ask } = createRequests({ http, session })
  const absoluteUrl = (path: string) => new URL(path, url).href
  const mutateBy = (by: typeof run) => (text: string, input: unknown) =>
    by<Record<string, unknown>, unknown>(text, { input })
  const putFile: PutFile = async (upload) => {
    const { createPutFile } = await loadPart(() => import('./outbox/put-file.ts'))
    await createPutFile({ fetch, absoluteUrl, closing: closing.signal })(upload)
  }
  const closing = new AbortController()
  const mentions = new Set<(mention: Mention) => void>()
  const tabId = randomId()
  const locks = webLocks() ?? null

  const sources = createSources({
    ...{ options, fetch, tabId, locks: isShared(given) ? locks : null, accessToken: session.accessToken },
    socketUrl: given.socketUrl ?? url.replace(/^http/, 'ws'),
    isReachable: () =>
      http.post({ query: serverInfoQuery, token: null }).then(
        () => true,
        () => false,
      ),
    changed(wasLost) {
      if (wasLost) accounts.current?.interrupted()
      connection.change()
    },
  })
  const accounts = createAccountSwitch({
    ...{ options, session, sources, locks, tabId, putFile, absoluteUrl, onError },
    requestsOf(userId) {
      const own = createRequests({ http, session, of: userId })
      return { ask: own.ask, mutate: mutateBy(own.run) }
    },
    statusChanged: () => connection.change(),
    onMention(mention) {
      for (const listener of [...mentions]) listener(mention)
    },
  })
  const connection = createView(() => connectionOf({ session, sources, accounts }))
  const stopSession = session.subscribe(connection.change)

  function hurry(): void {
    sources.hurry()
    accounts.hurry()
  }

  const stopListening = listenToPlatform({ hurry, changed: connection.change, flush: accounts.flush })
  return {
    ...{ url, session, absoluteUrl, query: run, mutate: run, server: createServerInfo(ask) },
    connection: { getSnapshot: connection.getSnapshot, subscribe: connection.subscribe, retry: hurry },
    ...{ rooms: accounts.rooms, account: accounts.account, people: accounts.people, room: accounts.room },
    upload: (file, more = {}) =>
      startUpload(file, { ...more, mutate: mutateBy(run), putFile, closing: closing.signal }),
    async search({ query, roomId = null, filter = null, first = bounds.pageSize, after = null }) {
      const { searchQuery } = await loadPart(() => import('./operations/lists.ts'))
      return foundOf((await ask(searchQuery, { query, roomId, filter, first, after })).found)
    },
    async savedMessages({ first = bounds.pageSize, after = null } = {}) {
      const { savedMessagesQuery } = await loadPart(() => import('./operations/lists.ts'))
      return foundOf((await ask(savedMessagesQuery, { first, after })).viewer?.found)
    },
    onMention(listener) {
      mentions.add(listener)
      const stop = accounts.rooms.subscribe(() => {})
      return () => {
        mentions.delete(listener)
        stop()
      }
    },
    subscribe: (document, variables, sink) =>
      sources.follow({
        query: textOf(document),
        variables: variables as Record<string, unknown>,
        next: (data) => sink.next(data as Parameters<typeof sink.next>[0]),
        error: (error) => sink.error?.(error),
        complete: () => sink.complete?.(),
      }),
    async close() {
      stopListening()
      stopSession()
      await accounts.close()
      closing.abort()
      sources.close()
      session.close()
    },
  }
}

/** The page of messages that a query has found; an empty one where nobody is signed in. */
function foundOf(page: FoundFieldsFragment | undefined): FoundMessages {
  const { nodes = [], pageInfo = null } = page ?? {}
  return { results: nodes, endCursor: pageInfo?.endCursor ?? null, hasMore: pageInfo?.hasNextPage ?? false }
}

/** @throws KabarError BAD_USER_INPUT for what is no address of HTTP. */
function checkedUrl(text: string): string {
  try {
    const url = new URL(text, globalThis.location?.href)
    if (/^https?:$/.test(url.protocol)) return url.href
  } catch {
    // the same answer
  }
  throw new KabarError('BAD_USER_INPUT', `url must be an address such as https://chat.example/graphql, not "${text}".`)
}

/** Tabs share their connection unless told otherwise; programs of Node only if told. */
function isShared({ sharesConnection = typeof document !== 'undefined' }: KabarOptions): boolean {
  return sharesConnection
}

function connectionOf({
  session,
  sources,
  accounts,
}: {
  session: OwnedSession
  sources: Sources
  accounts: AccountSwitch
}): ConnectionState {
  const { current } = accounts
  const { phase, error, retryAt } = sources.state
  const fault = phase === 'open' ? null : (error ?? current?.error ?? accounts.error)
  const state = { behind: null, error: null, retryAt, transport: sources.transport }
  if (session.getSnapshot().status === 'signed-out') return { ...state, status: 'signed-out' }
  if (!current && accounts.error) return { ...state, status: 'offline', error: accounts.error }
  if (!current || current.isIdle) return { ...state, status: 'idle' }
  if (fault || globalThis.navigator?.onLine === false) return { ...state, status: 'offline', error: fault }
  return current.isLive ? { ...state, status: 'live' } : { ...state, status: 'catching-up', behind: current.behind }
}

/** Creates the description of the server, which is read when it gets its first listener. */
function createServerInfo(ask: Ask): Live<ServerInfo | null> {
  const info = createSource<ServerInfo | null>(null)
  let isReading = false

  async function read(): Promise<void> {
    if (isReading || info.getSnapshot()) return
    isReading = true
    try {
      info.set((await ask(serverInfoQuery, {})).server)
    } catch {
      // the next one who listens tries again
    }
    isReading = false
  }

  return {
    getSnapshot: info.getSnapshot,
    subscribe(listener) {
      void read()
      return info.subscribe(listener)
    },
  }
}
