import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The files of another revision, with its packages and generated code. */
export interface Checkout {
  readonly folder: string
  remove(): Promise<void>
}

/** Writes a revision into a temporary folder, and prepares it to run a server. */
export async function checkOut(revision: string): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-revision-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const archive = join(folder, 'revision.tar')
    execFileSync('git', ['archive', '--format=tar', '--output', archive, revision], { cwd: root, stdio: 'pipe' })
    execFileSync('tar', ['-xf', archive, '-C', folder])
    await rm(archive)
    await linkPackages(folder)
    // any command of the server installs and generates what it needs, and no more
    const prepare = ['scripts/run.mjs', 'src/cli/main.ts', 'users', '--help']
    execFileSync(process.execPath, prepare, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    return { folder, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Spares an installation where the packages are the same: hard links, where the system has them. */
async function linkPackages(folder: string): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [root, folder].map((path) => readFile(join(path, 'package-lock.json'), 'utf8')),
  )
  if (ours !== theirs) return
  try {
    execFileSync('cp', ['-al', join(root, 'node_modules'), folder], { stdio: 'ignore' })
    await rm(join(folder, 'node_modules/.cache'), { recursive: true, force: true })
  } catch {
    await rm(join(folder, 'node_modules'), { recursive: true, force: true })
  }
}
