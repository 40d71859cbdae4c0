import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileMode, makePrivateFolder } from '../../database/private-files.ts'
import { invariant } from '../../errors.ts'
import type { MediaStorage } from './storage.ts'

const keyPattern = /^[\da-f]{2}\/[\da-f-]{36}$/

/** Stores files in a folder shared by all servers of a deployment. `put` moves files from the same disk. */
export function createDiskStorage(directory: string): MediaStorage {
  const pathOf = (key: string) => {
    invariant(keyPattern.test(key), 'a storage key has the format of newStorageKey')
    return join(directory, key)
  }
  return {
    async put(key, path) {
      const target = pathOf(key)
      await makePrivateFolder(dirname(target))
      const file = await open(path, 'r+')
      // synced before the rename, so that a file with its final name is always complete
      try {
        // files written by other processes may be readable by others
        await file.chmod(fileMode)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(path, target)
    },
    async size(key) {
      return (await stat(pathOf(key)).catch(nullIfMissing))?.size ?? null
    },
    async read(key, range) {
      const file = await open(pathOf(key)).catch(nullIfMissing)
      return file && createReadStream('', { fd: file, ...range })
    },
    async remove(keys) {
      for (const key of keys) await rm(pathOf(key), { force: true })
    },
    directUrl: async () => null,
    close() {},
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
