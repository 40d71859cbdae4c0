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
  if (!answer) return
  respondWith.call(event, answer)
  if (request.mode === 'navigate') (event as LastingEvent).waitUntil(keepPage().catch(() => {}))
})
scope.addEventListener('notificationclick', (event) => {
  const click = event as LastingEvent & { notification: { close(): void } }
  click.notification.close()
  click.waitUntil(scope.clients.matchAll({ type: 'window' }).then(([page]) => page?.focus()))
})

async function install(): Promise<void> {
  await keepPage()
  await scope.skipWaiting()
}

/** Keeps the page, the files that it names, and what is loaded later: the page last, so that its files are there. */
async function keepPage(): Promise<void> {
  const cache = await caches.open(cacheName)
  const page = await fetch('/', { cache: 'no-cache' })
  // a server without pages leads to GraphiQL
  if (!page.ok || page.redirected) throw new Error('The pages are not there.')
  const text = await page.clone().text()
  const kept = await (await cache.match('/'))?.text()
  if (text !== kept) {
    const names = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, name]) => name ?? [])
    // a server that develops has no list
    const later = files.startsWith('/') ? files.split(' ') : []
    await cache.addAll([...new Set([...names, ...later])])
    await forgetOldest(cache)
  }
  // its policy may be another where its text is the same
  await cache.put('/', page)
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
    await forgetOldest(cache)
  }
  return answer
}

/** Forgets the files of earlier builds beyond the bound: the cache gives those first that it has held for longest. */
async function forgetOldest(cache: Cache): Promise<void> {
  const keys = (await cache.keys()).filter(({ url }) => url.includes('/assets/'))
  await Promise.all(keys.slice(0, -assetsMax).map((key) => cache.delete(key)))
}

/** The page that is kept, which waits for no network. The next visit shows what the server has by now. */
async function pageOf(): Promise<Response> {
  const cache = await caches.open(cacheName)
  return (await cache.match('/')) ?? fetch('/')
}
