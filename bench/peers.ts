// The packages that Kabar is compared with: they are installed when they are first needed, and only here.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, 'peers')
const rootPackages = [
  'graphql',
  'graphql-yoga',
  'graphql-ws',
  'ws',
  'pg',
  '@prisma/client',
  '@pothos/core',
  '@pothos/plugin-prisma',
]
const peerPackages = [
  '@apollo/server',
  'graphql-subscriptions',
  'socket.io',
  '@socket.io/postgres-adapter',
  'postgraphile',
]

/** Installs the peers if they are missing; false when that failed, so that they are left out. */
export function installPeers(say: (text: string) => void): boolean {
  if (isInstalled()) return true
  say('installing what Kabar is compared with, which takes about half a minute …')
  // biome-ignore lint/style/noProcessEnv: npm says where it is to what it runs
  const npm = process.env.npm_execpath ?? ''
  const [command, ...first] = /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, npm] : ['npm']
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(command ?? 'npm', [...first, ...flags], {
    cwd: directory,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) say('npm ci failed in bench/peers: Apollo Server, Socket.IO and PostGraphile are left out.')
  return status === 0
}

/** The versions of everything that is compared, by package. */
export function readVersions(hasPeers: boolean): Record<string, string> {
  const root = join(import.meta.dirname, '..')
  const entries = rootPackages.map((name) => [name, versionOf(root, name)])
  if (hasPeers) entries.push(...peerPackages.map((name) => [name, versionOf(directory, name)]))
  return Object.fromEntries(entries) as Record<string, string>
}

function isInstalled(): boolean {
  const { dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return Object.entries(dependencies).every(([name, version]) => versionOf(directory, name) === version)
}

function versionOf(folder: string, name: string): string {
  try {
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'not installed'
  }
}
