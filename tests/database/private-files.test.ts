// Permissions of the files that a server keeps on disk.

import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { guest } from '../support/client.ts'
import { test } from '../support/server.ts'
import { anyBytes, picture, upload } from '../support/uploads.ts'

const isRoot = process.getuid?.() === 0
/** Others may pass the folder of all data where PostgreSQL is another user, and may not look into it. */
const dataMode = isRoot ? 0o711 : 0o700

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

/** The modes of all below a folder, by what they are. */
async function modesBelow(folder: string): Promise<{ folders: Set<number>; files: Set<number> }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const modes = { folders: new Set<number>(), files: new Set<number>() }
  for (const entry of entries) {
    const mode = await modeOf(join(entry.parentPath, entry.name))
    if (entry.isDirectory()) modes.folders.add(mode)
    else modes.files.add(mode)
  }
  return modes
}

test.for([0o000, 0o022, 0o077])(
  'uploads are read by their server alone, with the umask %i',
  async (umask, { start }) => {
    const dataDirectory = await mkdtemp(join(inject('scratchDir'), 'modes-'))
    const before = process.umask(umask)
    try {
      // as an older server has made them
      await mkdir(join(dataDirectory, 'media', 'incoming'), { recursive: true })
      for (const folder of ['', 'media', 'media/incoming']) await chmod(join(dataDirectory, folder), 0o755)
      const server = await start({ dataDirectory })
      const ada = await guest(server)
      await upload(ada, anyBytes(10))
      await upload(ada, await picture('png'), { mimeType: 'image/png' })
      const { folders, files } = await modesBelow(dataDirectory)
      expect(folders).toEqual(new Set([0o700]))
      expect(files).toEqual(new Set([0o600]))
      expect(await modeOf(dataDirectory)).toBe(dataMode)
    } finally {
      process.umask(before)
      await rm(dataDirectory, { recursive: true, force: true })
    }
  },
)

test('the folder of the embedded PostgreSQL is closed to others, one that was open too', async () => {
  const dataDir = await mkdtemp(join(inject('scratchDir'), 'modes-'))
  await chmod(dataDir, 0o755)
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false })
  try {
    expect(await modeOf(dataDir)).toBe(dataMode)
    expect(await modeOf(join(dataDir, 'postgres'))).toBe(0o700)
    expect(await modeOf(join(dataDir, 'postgres-password'))).toBe(0o600)
  } finally {
    await postgres.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
