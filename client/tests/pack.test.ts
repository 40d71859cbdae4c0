import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { build } from 'vite'
import { expect, onTestFinished } from 'vitest'
import { browserIsMissing, openPage } from '../../tests/support/browser.ts'
import { test } from '../../tests/support/server.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const needs = ['graphql-ws', 'graphql', 'react', 'ws']
/** The Node of the system, besides that of this project: it may be as old as Node 20. */
const systemNode = '/usr/bin/node'

const program = `
import { createKabar, memorySession } from 'kabar-client'
import { connect, roomFeed } from 'kabar-client/node'
const kabar = await connect({ url: process.argv[2] })
await kabar.session.signInAsGuest({ displayName: 'Ada' })
const { createRoom: { room: { id } } } = await kabar.mutate('mutation { createRoom(input: { name: "Tea" }) { room { id } } }')
const { room: { eventCursor } } = await kabar.query('query ($id: ID!) { room(id: $id) { eventCursor } }', { id })
await kabar.room(id).send({ body: 'from a package' })
for await (const event of roomFeed(kabar, id, { after: eventCursor })) {
  if (event.__typename !== 'MessageSent') continue
  console.log(event.message.body, typeof createKabar, typeof memorySession)
  break
}
await kabar.close()
`

const page = `
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
worker.addEventListener('message', ({ data }) => (document.title = data))
`

/** A program of a worker: it tells how its connection is, and which message came over it. */
const worker = (url: string) => `
import { createKabar } from 'kabar-client'
const kabar = createKabar({ url: '${url}' })
async function talk() {
  await kabar.session.signInAsGuest({ displayName: 'Ada' })
  const { createRoom } = await kabar.mutate('mutation { createRoom(input: { name: "Tea" }) { room { id } } }')
  const room = kabar.room(createRoom.room.id)
  const tell = () => {
    const [message] = room.getSnapshot().messages
    const { status } = kabar.connection.getSnapshot()
    if (message?.state === 'stored' && status === 'live') postMessage(status + ': ' + message.body)
  }
  room.subscribe(tell)
  kabar.connection.subscribe(tell)
  await room.send({ body: 'from a worker' })
}
talk().catch((error) => postMessage(String(error)))
`

/** Opens a built page in a browser, and waits until it has a title. */
async function titleOf(folder: string): Promise<string> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
  const site = createServer(({ url = '/' }, response) => {
    const file = join(folder, url === '/' ? 'index.html' : url)
    const isThere = existsSync(file)
    response.writeHead(isThere ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' })
    response.end(isThere ? readFileSync(file) : '')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    site.closeAllConnections()
    site.close()
  })
  const { page: opened } = await openPage(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  await opened.waitForFunction(() => document.title !== '')
  return await opened.title()
}

/** Packs the package, and unpacks it where nothing else is. */
async function unpacked(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-pack-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await run('npm', ['pack', '--workspace', 'kabar-client', '--pack-destination', folder, '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  })
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? ''
  await mkdir(join(folder, 'node_modules/kabar-client'), { recursive: true })
  await run('tar', [
    '-xzf',
    join(folder, tarball),
    '-C',
    join(folder, 'node_modules/kabar-client'),
    '--strip-components=1',
  ])
  for (const name of needs) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

test('the packed package works in an empty folder: with Node, with Vite and as a worker, and holds what it exports', async ({
  one,
}) => {
  const folder = await unpacked()
  const home = join(folder, 'node_modules/kabar-client')
  const { exports: entries } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>
  }
  for (const [entry, files] of Object.entries(entries)) {
    for (const [condition, file] of Object.entries(files)) {
      expect([entry, condition, existsSync(join(home, file))]).toEqual([entry, condition, true])
    }
  }
  // the layout, as other tools read it
  const { messages, pkg } = await publint({ pkgDir: home, pack: false, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([])
  await writeFile(join(folder, 'main.js'), program)
  for (const node of [process.execPath, ...(existsSync(systemNode) ? [systemNode] : [])]) {
    const { stdout } = await run(node, ['main.js', `${one.url}/graphql`], { cwd: folder })
    expect(stdout).toBe('from a package function function\n')
  }
  await writeFile(join(folder, 'index.html'), '<script type="module" src="/page.js"></script>')
  await writeFile(join(folder, 'page.js'), page)
  await writeFile(join(folder, 'worker.js'), worker(`${one.url}/graphql`))
  await build({ root: folder, configFile: false, logLevel: 'error' })
  // in Node too, so that the bundles are there where no browser is
  expect(await readdir(join(folder, 'dist/assets'))).toContainEqual(expect.stringMatching(/^worker-.*\.js$/))
  if (!browserIsMissing) expect(await titleOf(join(folder, 'dist'))).toBe('live: from a worker')
})
