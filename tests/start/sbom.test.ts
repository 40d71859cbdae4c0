import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { z } from 'zod'
import { type Bom, type Lock, productionBom } from '../../scripts/production-bom.ts'
import { readText } from '../support/documents.ts'

/** The parts of CycloneDX 1.5 that it must have, by its JSON schema, and those that tools match vulnerabilities by. */
const component = z.object({
  type: z.literal('library'),
  name: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  'bom-ref': z.string().min(1),
  purl: z.string().startsWith('pkg:npm/'),
  licenses: z
    .array(z.object({ license: z.object({ id: z.string() }) }).or(z.object({ expression: z.string() })))
    .min(1),
})
const cycloneDx = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f-]{36}$/),
  version: z.literal(1),
  metadata: z.object({ timestamp: z.iso.datetime(), component }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
})

test('npm run sbom names every package that production needs, none for development, and no machine', async () => {
  const file = join(inject('scratchDir'), 'kabar.cdx.json')
  await promisify(execFile)(process.execPath, ['scripts/sbom.ts', file])
  const text = await readFile(file, 'utf8')
  const { metadata, components, dependencies } = cycloneDx.parse(JSON.parse(text))
  const { dependencies: wanted } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> }
  const byName = new Map(components.map(({ name, version }) => [name, version]))
  expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, byName.get(name)]))).toEqual(wanted)
  expect(['react-dom', 'kabar-client', 'pg-protocol'].filter((name) => !byName.has(name))).toEqual([])
  const forDevelopment = [
    'vitest',
    'vite',
    'prisma',
    'typescript',
    'playwright-core',
    '@apollo/client',
    '@graphql-codegen/cli',
  ]
  expect(forDevelopment.filter((name) => byName.has(name))).toEqual([])

  const refs = [metadata.component, ...components].map((part) => part['bom-ref'])
  expect(new Set(refs).size).toBe(refs.length)
  expect(dependencies.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted())
  const known = new Set(refs)
  expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !known.has(ref))).toEqual([])
  expect(metadata.component.name).toBe('kabar')
  expect(text).not.toContain(process.cwd())
  expect(text).not.toMatch(/registry|file:|node_modules/)
})

/** As npm describes a folder `checkout` with a workspace, whose packages came from somewhere. */
const given: Bom = {
  metadata: { component: { 'bom-ref': 'kabar@1.0.0', name: 'checkout' } },
  components: [
    { 'bom-ref': 'kabar-client@1.0.0', name: 'client' },
    {
      ...{ 'bom-ref': '@a/b@2.0.0', name: '@a/b' },
      externalReferences: [
        { type: 'distribution', url: 'https://packages.example/b.tgz' },
        { type: 'vcs', url: 'https://github.com/a/b' },
      ],
      properties: [{ name: 'cdx:npm:package:path', value: 'node_modules/@a/b' }],
    },
    ...['tool', 'peer', 'optional-peer', 'native'].map((name) => ({ 'bom-ref': `${name}@1.0.0`, name })),
  ],
  dependencies: [
    { ref: 'kabar@1.0.0', dependsOn: ['kabar-client@1.0.0', '@a/b@2.0.0', 'tool@1.0.0'] },
    { ref: 'kabar-client@1.0.0', dependsOn: ['@a/b@2.0.0', 'tool@1.0.0'] },
    { ref: '@a/b@2.0.0', dependsOn: ['peer@1.0.0', 'optional-peer@1.0.0', 'native@1.0.0'] },
    ...['tool', 'peer', 'optional-peer', 'native'].map((name) => ({ ref: `${name}@1.0.0`, dependsOn: [] })),
  ],
}
const lock: Lock = {
  packages: {
    '': { name: 'kabar', version: '1.0.0', dependencies: { '@a/b': '2.0.0' } },
    client: { name: 'kabar-client', version: '1.0.0' },
    'node_modules/@a/b': {
      ...{ version: '2.0.0', optionalDependencies: { native: '1.0.0' } },
      ...{ peerDependencies: { peer: '1', 'optional-peer': '1' } },
      peerDependenciesMeta: { 'optional-peer': { optional: true } },
    },
  },
}

test('a package is there if production needs it: also as a peer, not for a workspace under development', () => {
  const { metadata, components, dependencies } = productionBom(given, lock)
  expect(metadata.component.name).toBe('kabar')
  expect(components.map(({ name }) => name)).toEqual(['kabar-client', '@a/b', 'peer', 'native'])
  expect(dependencies.find(({ ref }) => ref === '@a/b@2.0.0')?.dependsOn).toEqual(['peer@1.0.0', 'native@1.0.0'])
  expect(components[1]?.externalReferences).toEqual([{ type: 'vcs', url: 'https://github.com/a/b' }])
  expect(components[1]?.properties).toEqual([])
})
