import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'

/** Finds the client address of a request. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Creates the function that finds client addresses.
 *
 * It follows `X-Forwarded-For` back from the peer of the connection, only through trusted proxies, so that clients
 * cannot choose an address. IPv6 addresses become their /64 network, which is what one household has.
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const isTrusted = proxyAddr.compile([...trustedProxies])
  return (request) => {
    const remote = request.socket.remoteAddress ?? ''
    if (trustedProxies.length === 0) return networkOf(remote)
    const forwarded = proxyAddr(request, isTrusted)
    return networkOf(isIP(forwarded) ? forwarded : remote)
  }
}

/** Creates the test whether a connection comes from a trusted proxy. */
export function createProxyAddressTest(trustedProxies: readonly string[]): (remote: string) => boolean {
  const isTrusted = proxyAddr.compile([...trustedProxies])
  return (remote) => trustedProxies.length > 0 && isTrusted(remote, 0)
}

function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const groups = address.includes('::') ? [...left, ...Array(8 - left.length - right.length).fill('0'), ...right] : left
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
