import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../tests/simulation/virtual-time.ts'
import { browserIsMissing, browserPath } from '../../tests/support/browser.ts'
import { testMs } from '../../tests/support/patience.ts'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'

declare global {
  // what setup/sending-page.ts has
  var kabar: Kabar
  var sendAll: (roomId: string, bodies: string[]) => Promise<void>
}

const entry = fileURLToPath(new URL('./setup/sending-page.ts', import.meta.url))
// CLIENT_KILLS=100 kills more tabs
const kills = Number(process.env.CLIENT_KILLS ?? 6)
const sendsEach = 10

/** Serves the page. Gives its address. */
async function servePage(): Promise<string> {
  const made = await build({
    ...{ configFile: false, logLevel: 'error' },
    resolve: { conditions: ['kabar-source', 'module', 'browser', 'import'] },
    build: { write: false, rolldownOptions: { input: entry } },
  })
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((output) => ('output' in output ? output.output : []))
  const chunks = outputs.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk] : []))
  const main = chunks.find((chunk) => chunk.isEntry)?.fileName
  const site = createServer(({ url = '/' }, response) => {
    const code = chunks.find(({ fileName }) => url === `/${fileName}`)?.code
    response.writeHead(200, { 'content-type': code === undefined ? 'text/html' : 'text/javascript' })
    response.end(code ?? `<!doctype html><script type="module" src="/${main}"></script>`)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    site.closeAllConnections()
    site.close()
  })
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
}

test.skipIf(browserIsMissing)(
  `${kills} tabs whose processes are killed while they send lose and double nothing, and keep the order`,
  async ({ one }) => {
    const random = createRandom(11)
    const bob = await makeGuest(one, 'Bob')
    const roomId = await makeRoom(bob)
    const room = follow(bob, roomId)
    const address = `${await servePage()}#${one.url}/graphql`
    const args = ['--headless', '--no-sandbox', '--disable-gpu']
    const browser = await chromium.launch({ executablePath: browserPath, args, timeout: testMs })
    onTestFinished(() => browser.close())
    const context = await browser.newContext()
    const open = async (): Promise<Page> => {
      const page = await context.newPage()
      await page.goto(address)
      await page.waitForFunction(() => 'kabar' in globalThis)
      return page
    }
    const first = await open()
    await first.evaluate(async (id) => {
      await kabar.session.signInAsGuest({ displayName: 'Ada' })
      await kabar.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id })
    }, roomId)
    await first.close()
    let begun = 0
    for (let kill = 0; kill < kills; kill++) {
      const page = await open()
      const texts = Array.from({ length: sendsEach }, (_, index) => `${kill} ${index}`)
      const sending = page.evaluate(([id, list]) => sendAll(id, list), [roomId, texts] as const).catch(() => {})
      // some have been sent, and the others are still to be
      await new Promise((resolve) => setTimeout(resolve, 100 + random.below(20 * sendsEach)))
      // ends the process of the tab: no handler of the page runs
      const crashed = new Promise((resolve) => page.once('crash', resolve))
      void page.goto('chrome://crash').catch(() => {})
      await crashed
      await sending
      await page.close()
    }
    const last = await open()
    await last.evaluate(async (id) => {
      kabar.room(id).subscribe(() => {})
      await kabar.room(id).send({ body: 'the end' })
    }, roomId)
    await expect.poll(() => bodies(room).at(-1)).toBe('the end')
    const stored = bodies(room).slice(0, -1)
    // of each tab a run from its first message on: what was written is kept, in order, once
    for (let kill = 0; kill < kills; kill++) {
      const own = stored.filter((body) => body.startsWith(`${kill} `))
      expect(own).toEqual(Array.from({ length: own.length }, (_, index) => `${kill} ${index}`))
      begun += own.length
    }
    expect(stored).toHaveLength(begun)
    expect(stored.map((body) => Number(body.split(' ')[0]))).toEqual(
      stored.map((body) => Number(body.split(' ')[0])).toSorted((a, b) => a - b),
    )
    expect(begun).toBeGreaterThan(kills)
    expect(begun).toBeLessThan(kills * sendsEach)
  },
)
