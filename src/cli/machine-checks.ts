// The checks of this machine by `doctor`: Node.js, the disk, and the file storage.

import { randomUUID } from 'node:crypto'
import { rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { doctorLimits } from '../config/doctor.ts'
import { fileMode, makeDataFolder, makePrivateFolder } from '../database/private-files.ts'
import { newStorageKey } from '../media/storage/storage.ts'
import { bad, check, type Finding, good } from './findings.ts'

const megabyte = 1_048_576

/** Checks the version of Node.js. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 2)) return good('Node.js', version)
  return bad('Node.js', `${version} is too old`, 'Install Node.js 24.2 or newer, or start Kabar with `npm start`.')
}

/** Checks the free space on the disk of the data folder. */
export function checkDisk(
  { dataDirectory }: Pick<Config, 'dataDirectory'>,
  bytesMin: number = doctorLimits.diskFreeBytesMin,
): Promise<Finding> {
  const look = async () => {
    const { bavail, bsize } = await statfs(await existing(resolve(dataDirectory)))
    const free = `${Math.floor((bavail * bsize) / megabyte)} MB free`
    if (bavail * bsize >= bytesMin) return good('disk', free)
    const least = Math.ceil(bytesMin / megabyte)
    return bad('disk', free, `Free at least ${least} MB on the disk of KABAR_DATA, or move it to another disk.`)
  }
  return check('disk', look, 'Set KABAR_DATA to a readable folder.')
}

/** The folder, or the existing parent in which it would be created. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null)
  return found || dirname(folder) === folder ? folder : existing(dirname(folder))
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
