// Files and folders that the user who runs Kabar alone may read, whatever the umask is.

import { chmod, mkdir, stat } from 'node:fs/promises'

/** The mode of files that Kabar makes. */
export const fileMode = 0o600

/** Makes a folder that others cannot enter, or closes one that is there. */
export async function makePrivateFolder(path: string, mode = 0o700): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  const { mode: found } = await stat(path)
  if ((found & 0o777 & ~mode) === 0 || process.platform === 'win32') return
  // one that belongs to somebody else, such as a mounted volume, is theirs to close
  await chmod(path, found & mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' && error.code !== 'EROFS') throw error
  })
}

/**
 * Makes the folder of all data, and closes it to others where it was open.
 *
 * Started by root it lets others pass, not look: the embedded PostgreSQL then runs as another user.
 */
export function makeDataFolder(path: string): Promise<void> {
  return makePrivateFolder(path, process.getuid?.() === 0 ? 0o711 : 0o700)
}
