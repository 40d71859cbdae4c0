// The manifests of deploy/kubernetes: they must start, stop, and allow little to a server that is broken into.

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { connectionLimits } from '../../src/config/http.ts'
import { variables } from '../../src/config/variables.ts'
import { readText } from '../support/documents.ts'
import { checkKubernetesTypes } from '../support/kubernetes-types.ts'

const objects = parseAllDocuments(readText('deploy/kubernetes/kabar.yaml')).map((document) => document.toJS())
const ofKind = (kind: string) => objects.find((object) => object.kind === kind)
const pod = ofKind('Deployment').spec.template
const [container] = pod.spec.containers

test('it holds one object of each kind, and all name the same pods', () => {
  const kinds = ['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy', 'Ingress']
  expect(objects.map(({ kind }) => kind)).toEqual(kinds)
  const labels = { app: 'kabar' }
  expect(pod.metadata.labels).toEqual(labels)
  expect(ofKind('Deployment').spec.selector.matchLabels).toEqual(labels)
  expect(ofKind('Service').spec.selector).toEqual(labels)
  expect(ofKind('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels)
  expect(ofKind('NetworkPolicy').spec.podSelector.matchLabels).toEqual(labels)
})

test('its settings are those of Kabar, and valid', () => {
  const { data } = ofKind('ConfigMap')
  expect(Object.keys(data).filter((name) => !(name in variables))).toEqual([])
  const secrets = [...readText('deploy/kubernetes/kabar.yaml').matchAll(/--from-literal=(\w+)=/g)].map(
    ([, name]) => name,
  )
  expect(secrets.filter((name = '') => !(name in variables))).toEqual([])
  expect(secrets).toContain('DATABASE_URL')
  const given = Object.fromEntries(secrets.map((name = '') => [name, 'x']))
  const config = readConfig({ ...data, ...given, DATABASE_URL: 'postgresql://kabar@db/kabar', NODE_ENV: 'production' })
  const ports = Object.fromEntries(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
  )
  expect(ports).toEqual({ http: 4_000, metrics: config.metrics.port })
  expect(pod.metadata.annotations['prometheus.io/port']).toBe(String(config.metrics.port))
  const bodyBytes = Number.parseInt(
    ofKind('Ingress').metadata.annotations['nginx.ingress.kubernetes.io/proxy-body-size'],
    10,
  )
  expect(bodyBytes * 1_048_576).toBeGreaterThan(config.media.uploadBytesMax)
})

test('a stop has the time that it needs, and only readiness depends on PostgreSQL', () => {
  expect(pod.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(connectionLimits.stopMs)
  expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  for (const probe of ['startupProbe', 'livenessProbe']) expect(container[probe].httpGet.path).toBe('/healthz')
})

test('a server that is broken into can do little', () => {
  expect(pod.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(container.resources.limits.memory).toMatch(/^\d+Mi$/)
  expect(container.image).toMatch(/:\d+\.\d+\.\d+$/)
})

/** Changes of the manifests that Kubernetes refuses, or ignores. */
const faults: Record<string, { kind: string; change(object: ReturnType<typeof ofKind>): unknown; says: string }> = {
  'a field with another name': {
    ...{ kind: 'Deployment', says: `'"replica"' does not exist in type 'DeploymentSpec'` },
    change: ({ spec }) => (spec.replica = 2),
  },
  'a field at another place': {
    ...{ kind: 'Deployment', says: `'"readOnlyRootFilesystem"' does not exist in type 'PodSecurityContext'` },
    change: ({ spec }) => (spec.template.spec.securityContext.readOnlyRootFilesystem = true),
  },
  'a text for a number': {
    ...{ kind: 'Deployment', says: `'string' is not assignable to type 'number'` },
    change: ({ spec }) => (spec.template.spec.terminationGracePeriodSeconds = '30'),
  },
  'no field that is required': {
    ...{ kind: 'Ingress', says: `'pathType' is missing` },
    change: ({ spec }) => delete spec.rules[0].http.paths[0].pathType,
  },
  'a kind of another version': {
    ...{ kind: 'PodDisruptionBudget', says: 'Cannot find module' },
    change: (object) => (object.apiVersion = 'policy/v2'),
  },
  'a kind with another name': {
    ...{ kind: 'NetworkPolicy', says: `has no exported member named 'NetworkPolice'` },
    change: (object) => (object.kind = 'NetworkPolice'),
  },
}

test('each object has the fields of its kind in Kubernetes, and no others', async () => {
  const changed = Object.entries(faults).map(([name, { kind, change }]) => {
    const object = structuredClone(ofKind(kind))
    change(object)
    return [name, object] as const
  })
  const given = new Map([...objects.map((object) => [object.kind, object] as const), ...changed])
  const said = await checkKubernetesTypes(given)
  for (const { kind } of objects) expect([kind, said.get(kind)]).toEqual([kind, ''])
  for (const [name, { says }] of Object.entries(faults))
    expect([name, said.get(name)]).toEqual([name, expect.stringContaining(says)])
})

const noKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined

test.skipIf(noKubectl)('kubectl reads it', () => {
  const { status, stderr } = spawnSync('kubectl', ['kustomize', 'deploy/kubernetes'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
