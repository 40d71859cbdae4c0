import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { enterAsGuest, test } from './setup/pages.ts'

const assets = join(import.meta.dirname, '../dist/assets')
const kilobytes = (files: readonly string[]) =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file)), { level: 9 }).length, 0) / 1_000

test('what the first page loads is small: at most 150 KB of scripts and 20 KB of styles, compressed', async ({
  one,
  visit,
}) => {
  const ada = await visit({ url: one.url, path: '/media' })
  const loaded = new Set<string>()
  ada.page.on('response', (answer) => {
    const name = /\/assets\/([\w-]+\.(?:js|css))$/.exec(answer.url())?.[1]
    if (name) loaded.add(name)
  })
  await ada.page.goto(one.url)
  await enterAsGuest(ada, 'Ada')
  await ada.page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor()
  const files = [...loaded]
  const scripts = kilobytes(files.filter((file) => file.endsWith('.js')))
  const styles = kilobytes(files.filter((file) => file.endsWith('.css')))
  expect(files.length).toBeGreaterThan(2)
  expect(scripts, files.join(' ')).toBeLessThan(150)
  expect(styles, files.join(' ')).toBeLessThan(20)
  // what is lazy is not loaded
  expect(files.some((file) => /^(settings|emoji|qr-code|details)/.test(file))).toBe(false)
})

test('all styles together are small, and no file names a foreign host', async ({ browser, skip }) => {
  skip(!browser, 'The pages are built where there is a browser to look at them.')
  const files = readdirSync(assets)
  expect(kilobytes(files.filter((file) => file.endsWith('.css')))).toBeLessThan(20)
  for (const file of files.filter((name) => /\.(js|css)$/.test(name))) {
    const text = readFileSync(join(assets, file), 'utf8')
    const hosts = [...text.matchAll(/(?:fetch\(|url\(|src=|import\()\s*["'`]?https?:\/\/([\w.-]+)/g)].map(
      ([, host]) => host,
    )
    expect(hosts, file).toEqual([])
  }
})
