import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { appendFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const size = '256m'
const chunk = Buffer.alloc(65_536)

/** Why no small disk can be had here; null when it can. */
export function missingSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'kabar-disk-'))
  try {
    mountSmallDisk(folder)()
    return null
  } catch {
    return 'a small disk can be mounted only by root, on Linux'
  } finally {
    rmdirSync(folder)
  }
}

/** Puts a small disk, in memory, on an empty folder. Returns what takes it away. */
export function mountSmallDisk(folder: string): () => void {
  const options = `size=${size},mode=0711`
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
  return () => void execFileSync('umount', [folder], { stdio: 'ignore' })
}

/** Fills what is left of the disk of a folder. */
export async function fillDisk(folder: string): Promise<void> {
  for (const bytes of [chunk, chunk.subarray(0, 4_096)]) {
    try {
      for (;;) await appendFile(join(folder, 'ballast'), bytes)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}

/** Frees what `fillDisk` has taken. */
export async function freeDisk(folder: string): Promise<void> {
  await truncate(join(folder, 'ballast'))
  await rm(join(folder, 'ballast'))
}
