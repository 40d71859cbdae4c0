// Errors at the start of a server that lacks permissions: root may do nearly everything, so some are seen as a normal user only.

import { readFileSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { StartError } from '../../src/database/start-error.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { test as base } from '../support/server.ts'

const isRoot = process.getuid?.() === 0
const isWindows = process.platform === 'win32'

const test = base.extend('dataDir', async ({}, { onCleanup }) => {
  const path = await mkdtemp(join(inject('scratchDir'), 'rights-'))
  onCleanup(async () => {
    await chmod(path, 0o700)
    await rm(path, { recursive: true, force: true })
  })
  return path
})

async function refuse(dataDir: string, reason: RegExp): Promise<void> {
  const starting = startEmbeddedPostgres({ dataDir, durable: false })
  await expect(starting).rejects.toThrow(StartError)
  await expect(starting).rejects.toThrow(reason)
}

test('a data folder that cannot be is named, with what to do', async ({ dataDir }) => {
  await writeFile(join(dataDir, 'file'), 'no folder')
  await refuse(join(dataDir, 'file/below'), /cannot write in its data folder .*file\/below \(ENOTDIR\).*set KABAR_DATA/)
})

test.skipIf(isRoot || isWindows)(
  'a data folder of somebody else is named, with who is to own it',
  async ({ dataDir }) => {
    await chmod(dataDir, 0o500)
    await refuse(
      dataDir,
      /cannot write in its data folder .*\(EACCES\).*Give it to .*uid \d+\) \(`chown -R`\).*KABAR_DATA/,
    )
    await chmod(dataDir, 0o700)
    const file = join(dataDir, 'postgres-password')
    await writeFile(file, 'of somebody else', { mode: 0o000 })
    await refuse(dataDir, /cannot read .*postgres-password \(EACCES\).*as the user who owns that file/)
  },
)

test.skipIf(!isRoot)(
  'a database of another user is not opened by root, who is told how to give it away',
  async ({ dataDir }) => {
    const folder = join(dataDir, 'postgres')
    await mkdir(folder)
    await writeFile(join(folder, 'PG_VERSION'), '18\n')
    await chown(folder, 1_234, 1_234)
    await refuse(
      dataDir,
      /belongs to uid 1234, but started as root, PostgreSQL runs as nobody.*`chown -R 65534 \S+postgres`/,
    )
  },
)

/** Tells whether every user may have every port, as in containers. */
function isEveryPortFree(): boolean {
  if (isRoot || isWindows) return true
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 1
  } catch {
    return true
  }
}

test.skipIf(isEveryPortFree())('a port that only root may have is named, with what to do', async ({ start }) => {
  const starting = start({ port: 1 })
  await expect(starting).rejects.toThrow(StartError)
  await expect(starting).rejects.toThrow('Port 1 may not be used by this user. Set PORT to one above 1023.')
})

test('an address that the machine does not have is named, with what to do', async ({ start }) => {
  // kept for documents (RFC 5737)
  const starting = start({ host: '192.0.2.1' })
  await expect(starting).rejects.toThrow(StartError)
  await expect(starting).rejects.toThrow('192.0.2.1 is not an address of this machine. Set HOST to one that is')
})
