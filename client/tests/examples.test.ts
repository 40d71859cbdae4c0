import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { expect, onTestFinished } from 'vitest'
import { browserIsMissing, browserPath } from '../../tests/support/browser.ts'
import type { Server } from '../../tests/support/client.ts'
import { readText } from '../../tests/support/documents.ts'
import { testMs } from '../../tests/support/patience.ts'
import { test } from '../../tests/support/server.ts'

const run = promisify(execFile)
const pathOf = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

for (const { name, says } of [
  { name: 'plain.ts', says: /Tea is ready\. \(sending\)[\s\S]*Tea Tea is ready\. \(stored\)\n$/ },
  { name: 'urql.ts', says: /^Tea is ready\.\n$/ },
  { name: 'apollo.ts', says: /^Tea is ready\.\n$/ },
]) {
  test(`the example ${name} does what it says`, async ({ one }) => {
    const { stdout } = await run(process.execPath, ['--conditions=kabar-source', pathOf(name), `${one.url}/graphql`])
    expect(stdout).toMatch(says)
  })
}

test('every guide of docs/clients.md is an example that these tests run', () => {
  const blocks = [...readText('docs/clients.md').matchAll(/```(?:tsx?|js)\n([\s\S]*?)```/g)].map(
    ([, code = '']) => code,
  )
  const examples = ['react.tsx', 'urql.ts', 'apollo.ts', 'plain.ts', 'bot.ts'].map((name) =>
    readText(`client/examples/${name}`),
  )
  expect(blocks).toEqual(examples)
  expect(readText('README.md')).toContain(`\`\`\`ts\n${readText('client/examples/plain.ts')}\`\`\``)
  expect(readText('client/examples/react.tsx').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  expect(readText('client/examples/bot.ts').trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})

/** Serves the page of the React example beside the server, as a reverse proxy does. */
async function servePage(server: Server): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    resolve: { conditions: ['kabar-source', 'module', 'browser', 'import'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, rolldownOptions: { input: pathOf('react.tsx') } },
  })
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((output) => ('output' in output ? output.output : []))
  const files = new Map<string, string>(
    outputs.flatMap((chunk) => (chunk.type === 'chunk' ? [[`/${chunk.fileName}`, chunk.code] as const] : [])),
  )
  const entry = outputs.find((chunk) => chunk.type === 'chunk' && chunk.isEntry)?.fileName
  const html = `<!doctype html><div id="app"></div><script>
    const { fetch: ask, WebSocket: Socket } = window
    window.fetch = (url, init) => ask(String(url).startsWith(location.origin + '/graphql') ? '${server.url}/graphql' : url, init)
    window.WebSocket = class extends Socket { constructor(_, protocol) { super('${server.url.replace('http', 'ws')}/graphql', protocol) } }
  </script><script type="module" src="/${entry}"></script>`
  const site = createServer((request, response) => {
    const file = files.get(request.url ?? '')
    response.writeHead(200, { 'content-type': file === undefined ? 'text/html' : 'text/javascript' }).end(file ?? html)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    site.closeAllConnections()
    site.close()
  })
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
}

async function type(page: Page, hint: string, text: string): Promise<void> {
  await page.getByPlaceholder(hint, { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

test.skipIf(browserIsMissing)(
  'two people chat in the React example in a browser, over a reload, with one socket for two tabs',
  async ({ one }) => {
    // the page comes from another port: outside production every port of this machine may call
    const url = await servePage(one)
    const args = ['--headless', '--no-sandbox', '--disable-gpu']
    const browser = await chromium.launch({ executablePath: browserPath, args, timeout: testMs })
    onTestFinished(() => browser.close())
    const faults: string[] = []
    const open = async (name: string) => {
      const context = await browser.newContext()
      const page = await context.newPage()
      page.setDefaultTimeout(30_000)
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      await page.goto(url)
      await type(page, 'Your name', name).catch((cause) => {
        throw new Error(faults.join('\n'), { cause })
      })
      return { context, page }
    }
    const [ada, bob] = [await open('Ada'), await open('Bob')]
    await type(ada.page, 'A new room', 'Tea')
    const button = ada.page.getByRole('button', { name: /^Tea/ })
    const code = /Tea (\w{8})/.exec((await button.textContent()) ?? '')?.[1] ?? ''
    await type(bob.page, 'The code of a room', code)
    await button.click()
    await bob.page.getByRole('button', { name: /^Tea/ }).click()
    await type(ada.page, 'Say something', 'Are you there?')
    await bob.page.getByText('Are you there?').waitFor()
    await type(bob.page, 'Say something', 'I am.')
    await ada.page.getByText('I am.').waitFor()
    await ada.page.reload()
    await ada.page.getByRole('button', { name: /^Tea/ }).click()
    await ada.page.getByText('I am.').waitFor()
    const sockets: string[] = []
    const second = await ada.context.newPage()
    second.on('websocket', (socket) => sockets.push(socket.url()))
    await second.goto(url)
    await second.getByRole('button', { name: /^Tea/ }).click()
    await second.getByText('Are you there?').waitFor()
    await type(bob.page, 'Say something', 'To both tabs.')
    await Promise.all([second.getByText('To both tabs.').waitFor(), ada.page.getByText('To both tabs.').waitFor()])
    expect(sockets).toEqual([])
    await ada.page.close()
    await type(bob.page, 'Say something', 'To the one that is left.')
    await second.getByText('To the one that is left.').waitFor()
    expect(sockets).toHaveLength(1)
    expect(faults).toEqual([])
  },
)
