import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileMode, makePrivateFolder } from '../../database/private-files.ts'
import { invariant } from '../../errors.ts'
import type { MediaStorage } from './storage.ts'

const keyPattern = /^[\da-f]{2}\/[\da-f-]{36}$/

/** Keeps files in a folder, which all servers of a deployment share. What is put comes from the same disk. */
export function createDiskStorage(directory: string): MediaStorage {
  const pathOf = (key: string) => {
    invariant(keyPattern.test(key), 'a key of a file is one that we made')
    return join(directory, key)
  }
  return {
    async put(key, path) {
      const target = pathOf(key)
      await makePrivateFolder(dirname(target))
      const file = await open(path, 'r+')
      // on the disk before it has its name, so that a name always stands for the whole
      try {
        // what other programs have written is open to all
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
