import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { createAddressOf } from '../../src/http/client-address.ts'

function addressOf(trusted: string[], remote: string, forwarded?: string): string {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remote })
  const request = new IncomingMessage(socket)
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded
  return createAddressOf(trusted)(request)
}

describe('the address of a client', () => {
  test.for([
    ['without trusted proxies is the other end of the connection', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['is not what a stranger says', ['10.0.0.0/8'], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['is what a trusted proxy says', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['is the last one before the trusted proxies', ['10.0.0.1'], '10.0.0.1', '1.1.1.1, 2.2.2.2, 3.3.3.3', '3.3.3.3'],
    ['goes back through all trusted proxies', ['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 2.2.2.2, 10.9.9.9', '2.2.2.2'],
    ['is the proxy where it says nothing', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
    ['is the proxy where it says nonsense', ['10.0.0.1'], '10.0.0.1', "1.1.1.1, ' or true --", '10.0.0.1'],
    ['is IPv4 when it is written as IPv6', ['10.0.0.1'], '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['of IPv6 is the network of the household', [], '2001:db8:1:2:a:b:c:d', undefined, '2001:db8:1:2::/64'],
    ['of IPv6 is the same however it is written', [], '2001:0DB8:1:2::1', undefined, '2001:db8:1:2::/64'],
    ['of the machine itself is an address too', [], '::1', undefined, '0:0:0:0::/64'],
  ] as const)('%s', ([, trusted, remote, forwarded, expected]) => {
    expect(addressOf([...trusted], remote, forwarded)).toBe(expected)
  })

  test('is that of IPv6 proxies that are trusted', () => {
    expect(addressOf(['fd00::/8'], 'fd00::1', '2001:db8::1')).toBe('2001:db8:0:0::/64')
  })
})

test('trusted proxies are addresses and networks, and nothing else', () => {
  const read = (TRUSTED_PROXIES: string) => readConfig({ TRUSTED_PROXIES }).edge.trustedProxies
  expect(read('')).toEqual([])
  expect(read('10.0.0.0/8, ::1,fd00::/8')).toEqual(['10.0.0.0/8', '::1', 'fd00::/8'])
  for (const wrong of ['true', '*', '10.0.0.0/33', '10.0.0/8', '::1/129', '10.0.0.0/8/8', 'proxy.example.org']) {
    expect(() => read(wrong)).toThrow(ConfigError)
  }
})
