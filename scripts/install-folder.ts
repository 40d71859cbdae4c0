import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Installs the packages of a folder with its own package.json, if they are missing. Returns false if npm failed. */
export function installFolder(directory: string, say: () => void): boolean {
  if (isInstalled(directory)) return true
  say()
  const npm = process.env.npm_execpath ?? ''
  const [command, ...first] = /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, npm] : ['npm']
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(command ?? 'npm', [...first, ...flags], {
    cwd: directory,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  return status === 0
}

/** Returns the version of a package that is installed in a folder, or "not installed". */
export function versionIn(directory: string, name: string): string {
  try {
    const text = readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'not installed'
  }
}

function isInstalled(directory: string): boolean {
  const { dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return Object.entries(dependencies).every(([name, version]) => versionIn(directory, name) === version)
}
