// The packages that Kabar is compared with: they are installed when they are first needed, and only here.

import { join } from 'node:path'
import { installFolder, versionIn } from '../scripts/install-folder.ts'

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
  const announce = () => say('installing what Kabar is compared with, which takes about half a minute …')
  const isDone = installFolder(directory, announce)
  if (!isDone) say('npm ci failed in bench/peers: Apollo Server, Socket.IO and PostGraphile are left out.')
  return isDone
}

/** The versions of everything that is compared, by package. */
export function readVersions(hasPeers: boolean): Record<string, string> {
  const root = join(import.meta.dirname, '..')
  const entries = rootPackages.map((name) => [name, versionIn(root, name)])
  if (hasPeers) entries.push(...peerPackages.map((name) => [name, versionIn(directory, name)]))
  return Object.fromEntries(entries) as Record<string, string>
}
