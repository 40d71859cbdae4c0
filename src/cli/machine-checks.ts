// The checks of this machine by `doctor`: Node.js and the file storage.

import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { fileMode, makeDataFolder, makePrivateFolder } from '../database/private-files.ts'
import { bad, check, type Finding, good } from '../health/findings.ts'
import { newStorageKey } from '../media/storage/storage.ts'

/** Checks the version of Node.js. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 2)) return good('Node.js', version)
  return bad('Node.js', `${version} is too old`, 'Install Node.js 24.2 or newer, or start Kabar with `npm start`.')
}

/** Writes a test file to the storage of uploads, reads its size, and removes it. */
export function checkStorage({ dataDirectory, media }: Pick<Config, 'dataDirectory' | 'media'>): Promise<Finding> {
  const look = async () => {
    const incoming = join(dataDirectory, 'media', 'incoming')
    await makeDataFolder(dataDirectory)
    for (const folder of [dirname(incoming), incoming]) await makePrivateFolder(folder)
    const [key, path] = [newStorageKey(), join(incoming, randomUUID())]
    const { createMediaStorage } = await import('../media/files.ts')
    const storage = createMediaStorage({ dataDirectory, media })
    try {
      await writeFile(path, 'doctor', { mode: fileMode })
      await storage.put(key, path)
      const size = await storage.size(key)
      await storage.remove([key])
      if (size !== 'doctor'.length) throw new Error(`a file of 6 bytes was read back with ${size ?? 'none'}`)
      return good('files', media.s3 ? `the bucket ${media.s3.bucket} is writable` : `${incoming} is writable`)
    } finally {
      await rm(path, { force: true })
      storage.close()
    }
  }
  const advice = media.s3
    ? 'Check the settings MEDIA_S3_…, that the bucket exists, and that its key may put, get and delete.'
    : 'Make KABAR_DATA writable for the user who runs Kabar, and shared by all servers of one database.'
  return check('files', look, advice)
}
