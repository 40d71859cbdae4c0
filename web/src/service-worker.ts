// Keeps the shell of the pages, so that they open without a network: never anything of the API.

const cacheName = 'kabar-shell-1'
/** All scripts and styles of this build, with blanks between: the build writes them here. */
const files = '%SHELL%'
/** Files of the build that are kept: the newest. */
const assetsMax = 120

interface WorkerScope extends EventTarget {
  readonly clients: { claim(): Promise<void>; matchAll(options: object): Promise<readonly WindowClientLike[]> }
  skipWaiting(): Promise<void>
}
interface WindowClientLike {
  focus(): Promise<unknown>
}
interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface RequestEvent extends LastingEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

const scope = globalThis as unknown as WorkerScope

scope.addEventListener('install', (event) => (event as LastingEvent).waitUntil(install()))
scope.addEventListener('activate', (event) => (event as LastingEvent).waitUntil(scope.clients.claim()))
scope.addEventListener('fetch', (event) => {
  const { request, respondWith } = event as RequestEvent
  const answer = request.method === 'GET' ? answerFor(request) : null
  if (answer) respondWith.call(event, answer)
})
scope.addEventListener('notificationclick', (event) => {
  const click = event as LastingEvent & { notification: { close(): void } }
  click.notification.close()
  click.waitUntil(scope.clients.matchAll({ type: 'window' }).then(([page]) => page?.focus()))
})

/** Takes the page, the files that it names, and what is loaded later. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  const page = await fetch('/', { cache: 'no-cache' })
  if (!page.ok) throw new Error('The pages are not there yet.')
  const names = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, name]) => name ?? [])
  await cache.put('/', page)
  // a server that develops has no list
  const later = files.startsWith('/') ? files.split(' ') : []
  await cache.addAll([...new Set([...names, ...later])])
  await scope.skipWaiting()
}

function answerFor(request: Request): Promise<Response> | null {
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin) return null
  if (pathname.startsWith('/assets/')) return assetOf(request)
  // the lab is not kept: where it is off there is none
  const isApi = /^\/(graphql|lab|media|healthz|readyz|\.well-known)(\/|$)/.test(pathname)
  return request.mode === 'navigate' && !isApi ? pageOf() : null
}

/** A name with a hash stands for one content: what is kept is right. */
async function assetOf(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName)
  const kept = await cache.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) {
    await cache.put(request, answer.clone())
    const keys = (await cache.keys()).filter(({ url }) => url.includes('/assets/'))
    await Promise.all(keys.slice(0, -assetsMax).map((key) => cache.delete(key)))
  }
  return answer
}

/** The page of now, or the one that is kept where the server cannot be reached. */
async function pageOf(): Promise<Response> {
  const cache = await caches.open(cacheName)
  try {
    const page = await fetch('/', { cache: 'no-cache' })
    if (page.ok) await cache.put('/', page.clone())
    return page.ok ? page : ((await cache.match('/')) ?? page)
  } catch {
    return (await cache.match('/')) ?? Response.error()
  }
}
