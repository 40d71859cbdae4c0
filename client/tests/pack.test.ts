import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { build } from 'vite'
import { expect, onTestFinished } from 'vitest'
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
  await writeFile(join(folder, 'page.js'), "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })\n")
  await writeFile(
    join(folder, 'worker.js'),
    "import { createKabar } from 'kabar-client'\nself.kabar = createKabar({ url: '/graphql' })\n",
  )
  await build({ root: folder, configFile: false, logLevel: 'error' })
  const assets = await readdir(join(folder, 'dist/assets'))
  expect(assets.filter((name) => name.endsWith('.js'))).toHaveLength(2)
})
