// Debian's nginx in front of a server, where it is installed.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readText } from '../support/documents.ts'
import { freePort } from '../support/ports.ts'

/** Says that nginx is missing. Where root may install it, `.ci/run` does. */
export const noNginx = spawnSync('nginx', ['-v']).error !== undefined && 'nginx is not installed'

/** Says how nginx leads to a server. */
export type Site = (at: { readonly port: number; readonly serverPort: number }) => string

/** Nothing but a `proxy_pass`: buffers answers, closes connections, and upgrades none. */
export const defaultSite: Site = ({ port, serverPort }) =>
  `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${serverPort}; } }`

/** The configuration that Kabar ships. */
export const shippedSite: Site = ({ port, serverPort }) =>
  readText('deploy/nginx.conf')
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:4000;', `127.0.0.1:${serverPort};`)

/** Starts nginx. Resolves once it listens. */
export async function startNginx(site: Site, serverPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'kabar-nginx-'))
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; pid nginx.pid; worker_processes 1; events {}
    http { access_log off; ${paths.join(' ')} ${site({ port, serverPort })} }`,
  )
  const child = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  while (!(await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))) {
    if (child.exitCode !== null) throw new Error(`nginx has exited with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
