// Files and folders that only the user who runs Kabar may read, with any umask.

import { chmod, mkdir, stat } from 'node:fs/promises'

/** The mode of files that Kabar creates. */
export const fileMode = 0o600

/** Creates a folder that others cannot enter, or closes an existing one. */
export async function makePrivateFolder(path: string, mode = 0o700): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  const { mode: found } = await stat(path)
  if ((found & 0o777 & ~mode) === 0 || process.platform === 'win32') return
  // another user's folder, such as a mounted volume, stays as it is
  await chmod(path, found & mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' && error.code !== 'EROFS') throw error
  })
}

/**
 * Creates the data folder, and closes it to other users.
 *
 * Started as root it stays passable (not readable) for others: the embedded PostgreSQL then runs as another user.
 */
export function makeDataFolder(path: string): Promise<void> {
  return makePrivateFolder(path, process.getuid?.() === 0 ? 0o711 : 0o700)
}
