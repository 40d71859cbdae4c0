// The manifests of deploy/kubernetes: they must start, stop, and allow little to a server that is broken into.

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { connectionLimits } from '../../src/config/http.ts'
import { variables } from '../../src/config/variables.ts'
import { readText } from '../support/documents.ts'

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

const noKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined

test.skipIf(noKubectl)('kubectl reads it', () => {
  const { status, stderr } = spawnSync('kubectl', ['kustomize', 'deploy/kubernetes'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
