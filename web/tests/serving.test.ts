import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, inject } from 'vitest'
import { test } from './setup/pages.ts'

const html = { accept: 'text/html', 'accept-encoding': 'gzip, br' }

test('the page, its files and deep links are served as browsers keep them best', async ({ one, browser, skip }) => {
  skip(!browser, 'The pages are built where there is a browser to look at them.')
  const page = await fetch(one.url, { headers: html })
  const text = await page.text()
  expect(page.headers.get('cache-control')).toBe('no-cache')
  expect(page.headers.get('content-encoding')).toBe('br')
  const again = await fetch(one.url, { headers: { ...html, 'if-none-match': page.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  for (const path of ['/r/TEATABLE/12', '/j/TEATABLE', '/settings/profile']) {
    expect(await (await fetch(one.url + path, { headers: html })).text(), path).toBe(text)
  }
  const [script = ''] = /\/assets\/[\w-]+\.js/.exec(text) ?? []
  const asset = await fetch(one.url + script, { headers: { 'accept-encoding': 'gzip' } })
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect([asset.headers.get('content-encoding'), asset.headers.get('content-type')]).toEqual([
    'gzip',
    'text/javascript; charset=utf-8',
  ])
  const identity = await fetch(one.url + script, { headers: { 'accept-encoding': 'identity' } })
  expect(await asset.text()).toBe(await identity.text())
})

test('the pages are held to their own server by headers without anything unsafe', async ({ one, browser, skip }) => {
  skip(!browser, 'The pages are built where there is a browser to look at them.')
  const { headers } = await fetch(one.url, { headers: html })
  const policy = headers.get('content-security-policy')
  expect(policy).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
      "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types kabar",
  )
  expect(policy).not.toContain('unsafe')
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('permissions-policy')).toContain('camera=()')
})

test('files of the bucket and of the public address may be shown, and nothing of others', async ({ start }) => {
  const s3 = { bucket: 'files', region: 'eu-west-1', endpoint: 'https://store.example/base', credentials: null }
  const server = await start({ media: { publicUrl: 'https://chat.example', s3 } })
  const policy = (await fetch(server.url, { headers: html })).headers.get('content-security-policy')
  expect(policy).toContain("img-src 'self' https://chat.example https://store.example blob: data:;")
  expect(policy).toContain("connect-src 'self' https://chat.example https://store.example;")
})

test.for(['/assets/none.js', '/favicon.ico', '//r/x', '/graphql/x', '/media/x', '/healthz/x', '/r/..%2f'])(
  '%s is no page',
  async (path, { one }) => {
    const { status, headers } = await fetch(one.url + path, { headers: html })
    expect(status).not.toBe(200)
    expect(headers.get('content-type')).not.toContain('html')
  },
)

test('the API keeps its paths, and GraphiQL is at /graphql alone, compressed', async ({ one }) => {
  expect((await fetch(`${one.url}/healthz`, { headers: html })).headers.get('content-type')).toBe('application/json')
  const page = await fetch(`${one.url}/graphql`, { headers: { ...html, 'accept-encoding': 'gzip' } })
  expect(page.headers.get('content-encoding')).toBe('gzip')
  expect(Number(page.headers.get('content-length'))).toBeLessThan(3_000_000)
  expect(await page.text()).toContain('GraphiQL')
})

test('WEB=false serves no pages', async ({ start }) => {
  const server = await start({ web: false })
  expect((await fetch(server.url, { headers: html, redirect: 'manual' })).status).toBe(302)
  expect((await fetch(`${server.url}/r/TEATABLE`, { headers: html })).status).toBe(404)
})

test('before the pages are built a page says that they are coming, and then they are there', async ({ start }) => {
  const webDirectory = await mkdtemp(join(inject('scratchDir'), 'pages-'))
  const server = await start({}, { webDirectory })
  const waiting = await fetch(server.url, { headers: html })
  expect([waiting.status, waiting.headers.get('refresh')]).toEqual([503, '1'])
  expect(await waiting.text()).toContain('being built')
  await writeFile(join(webDirectory, 'index.html'), '<title>built</title>')
  const built = await fetch(server.url, { headers: html })
  expect([built.status, await built.text()]).toEqual([200, '<title>built</title>'])
  await rm(webDirectory, { recursive: true })
})

test('a browser shows the page that it keeps, at the visit after that a new build, and forgets old files', async ({
  start,
  visit,
}) => {
  const webDirectory = await mkdtemp(join(inject('scratchDir'), 'pages-'))
  await cp(join(import.meta.dirname, '../dist'), webDirectory, { recursive: true })
  const index = join(webDirectory, 'index.html')
  for (const ending of ['.br', '.gz']) await rm(index + ending)
  const server = await start({}, { webDirectory })
  const { page } = await visit({ url: server.url })
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    const cache = await caches.open('kabar-shell-1')
    for (let file = 0; file < 200; file++) await cache.put(`/assets/old-${file}.js`, new Response(''))
  })
  const text = await readFile(index, 'utf8')
  await writeFile(index, text.replace('<title>', '<meta name="build" content="two"><title>'))
  const build = async () => {
    await page.reload()
    return page.locator('meta[name=build]').count()
  }
  expect(await build()).toBe(0)
  await expect.poll(build).toBe(1)
  const kept = await page.evaluate(async () =>
    (await (await caches.open('kabar-shell-1')).keys()).map(({ url }) => url),
  )
  expect(kept.filter((url) => url.includes('/assets/'))).toHaveLength(120)
  for (const [, name] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) expect(kept).toContain(server.url + name)
  await rm(webDirectory, { recursive: true })
})

test('a compressed file is what it is made of', async ({ one, browser, skip }) => {
  skip(!browser, 'The pages are built where there is a browser to look at them.')
  const [plain, zipped] = await Promise.all(['identity', 'gzip'].map((encoding) => rawBytes(one.url, encoding)))
  expect(zipped && gunzipSync(zipped).equals(plain ?? Buffer.alloc(0))).toBe(true)
})

/** fetch unpacks by itself: this does not. */
async function rawBytes(url: string, encoding: string): Promise<Buffer> {
  const { request } = await import('node:http')
  const { buffer } = await import('node:stream/consumers')
  return new Promise((resolve, reject) => {
    request(url, { headers: { ...html, 'accept-encoding': encoding } }, (answer) => resolve(buffer(answer)))
      .once('error', reject)
      .end()
  })
}
