// Checks objects of Kubernetes by the types of its API, which are made from its OpenAPI document.

import { spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty', 'false']

/** An object of a manifest. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
}

/**
 * Checks objects: fields that are missing, unknown, or of another type.
 *
 * The compiler takes no unknown fields in a literal, which Kubernetes itself would ignore.
 *
 * @returns the faults of each object by its name; an empty text where there is none.
 */
export async function checkKubernetesTypes(
  objects: ReadonlyMap<string, KubernetesObject>,
): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(inject('scratchDir'), 'kubernetes-'))
  const files = new Map([...objects.keys()].map((name, index) => [name, join(folder, `object-${index}.ts`)]))
  for (const [name, path] of files) await writeFile(path, literalOf(objects.get(name)))
  const args = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags, ...files.values()]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (stderr !== '' || status === null) throw new Error(`tsc failed: ${stderr}`)
  const lines = stdout.split('\n')
  const saidOf = (path: string) => lines.filter((line) => line.includes(`${path.slice(folder.length + 1)}(`)).join('\n')
  return new Map([...files].map(([name, path]) => [name, saidOf(path)]))
}

/** Writes an object as a literal of its type: `apps/v1` and `networking.k8s.io/v1` are folders of the package. */
function literalOf(object: KubernetesObject | undefined): string {
  const { apiVersion = '', kind = '' } = object ?? {}
  const folder = apiVersion.includes('/') ? apiVersion.replace('.k8s.io/', '/') : `core/${apiVersion}`
  const types = join(root, 'node_modules', 'kubernetes-types', folder)
  return `import type { ${kind} as Kind } from '${types}'\nexport const object: Kind = ${JSON.stringify(object, null, 1)}\n`
}
