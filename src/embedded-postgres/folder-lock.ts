// Keeps two servers from using one data folder. The lock is a name that the kernel frees when its process ends, however
// it ends: there is no stale lock to repair.

import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Takes the lock of a folder, or returns null when it is held.
 *
 * @param folder the real path, so that two links to one folder are one lock
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> } | null> {
  const name = lockName(folder)
  const server = (await listen(name)) ?? ((await removeDead(name)) ? await listen(name) : null)
  if (!server) return null
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

/**
 * Tells whether some process holds the lock of a folder.
 *
 * @param folder the real path
 */
export function isLocked(folder: string): Promise<boolean> {
  return isHeld(lockName(folder))
}

// Linux has abstract sockets, Windows named pipes: both vanish with their process. Elsewhere it is a socket file.
function lockName(folder: string): string {
  const id = `kabar-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`
  if (process.platform === 'linux') return `\0${id}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${id}` : join(tmpdir(), `${id}.sock`)
}

function listen(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    )
    server.listen(name, () => resolve(server))
  })
}

/** Removes a socket file that nobody listens on any more; false when somebody does, or there are no files. */
async function removeDead(name: string): Promise<boolean> {
  if (process.platform === 'linux' || process.platform === 'win32') return false
  const isDead = !(await isHeld(name))
  if (isDead) await unlink(name).catch(() => {})
  return isDead
}

function isHeld(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name, () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
  })
}
