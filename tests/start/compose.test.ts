// Restrictions of the services in docker-compose.yml, so that a service that is broken into can do little.

import { isIP } from 'node:net'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { readText } from '../support/documents.ts'

interface Service {
  image?: string
  build?: string
  read_only?: boolean
  privileged?: boolean
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  pids_limit?: number
  mem_limit?: string
  networks?: string[]
  ports?: string[]
  profiles?: string[]
  environment?: Record<string, string>
}

interface Composition {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean; ipam?: { config: { subnet: string }[] } } | null>
}

const { services, networks } = parse(readText('docker-compose.yml'), { merge: true }) as Composition
const entries = Object.entries(services)
const servers = entries.filter(([name]) => name.startsWith('kabar-')).map(([, service]) => service)

/** Gives the default of a variable in the file, as compose does. */
const resolve = (text = '') => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

test.for(entries)('%s writes nowhere but where it must, gains no rights, and is bounded', ([, service]) => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  expect(service.privileged).toBeUndefined()
  expect(service.pids_limit).toBeGreaterThan(0)
  expect(service.mem_limit).toMatch(/^\d+[gm]$/)
  expect(service.networks?.length).toBeGreaterThan(0)
})

test('only what starts as root, or listens below port 1024, keeps rights of root', () => {
  const kept = Object.fromEntries(entries.flatMap(([name, { cap_add: caps }]) => (caps ? [[name, caps]] : [])))
  expect(kept).toEqual({
    postgres: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
    proxy: ['NET_BIND_SERVICE'],
  })
})

test('every image has a version, in docker-compose.yml and in the Dockerfile', () => {
  const froms = [...readText('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image)
  const images = [...froms, ...entries.flatMap(([, { image }]) => image ?? [])]
  expect(images.length).toBeGreaterThan(3)
  for (const image of images) expect(image).toMatch(/^[\w./-]+:(?!latest)[\w.-]+(@sha256:[\da-f]{64})?$/)
})

test('the servers trust the proxies of their own subnet alone, and PostgreSQL is not in it', () => {
  const subnet = resolve(networks.servers?.ipam?.config[0]?.subnet)
  const [address = '', bits] = subnet.split('/')
  expect(isIP(address)).toBe(4)
  expect(Number(bits)).toBeGreaterThanOrEqual(24)
  expect(servers.length).toBe(2)
  for (const { environment, ports } of servers) {
    const { edge } = readConfig({ TRUSTED_PROXIES: resolve(environment?.TRUSTED_PROXIES) })
    expect(edge.trustedProxies).toEqual([subnet])
    expect(ports).toBeUndefined()
  }
  expect(services.postgres?.networks).toEqual(['database'])
  expect(networks.database).toEqual({ internal: true })
  expect(services.proxy?.networks).toEqual(['servers'])
})

test('a server has the memory that its images may take beside its own', () => {
  const images = mediaLimits.imagePlaces.atOnceMax * readConfig({}).media.imageMemoryBytesMax
  for (const { mem_limit: memory = '' } of servers) {
    expect(Number.parseInt(memory, 10) * 1_073_741_824).toBeGreaterThan(images + 600_000_000)
  }
})

test('the bus is asked for, and only the servers reach it', () => {
  expect(services.nats).toMatchObject({ profiles: ['nats'], networks: ['bus'] })
  expect(services.nats?.ports).toBeUndefined()
  expect(networks.bus).toEqual({ internal: true })
  const inside = entries.filter(([, { networks: names }]) => names?.includes('bus')).map(([name]) => name)
  expect(inside).toEqual(['kabar-1', 'kabar-2', 'nats'])
  for (const { environment } of servers) {
    expect(readConfig({ DOORBELL_URL: resolve(environment?.DOORBELL_URL) }).doorbell.kind).toBe('postgres')
  }
})
