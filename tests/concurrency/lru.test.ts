import { expect, test } from 'vitest'
import { createLru } from '../../src/concurrency/lru.ts'

function createCache(max: number, sizeOf?: (key: string) => number) {
  const dropped: string[] = []
  const cache = createLru<string, string>({ max, ...(sizeOf && { sizeOf }), onDrop: (key) => dropped.push(key) })
  return { cache, dropped }
}

test('a full cache drops what was not used before what was', () => {
  const { cache, dropped } = createCache(3)
  for (const key of ['a', 'b', 'c']) cache.set(key, key)
  cache.get('a')
  cache.get('b')
  cache.set('d', 'd')
  expect(dropped).toEqual(['c'])
  // their use counts once
  cache.set('e', 'e')
  expect(cache.get('e')).toBe('e')
  expect(dropped).toHaveLength(2)
})

test('the sum of the sizes is never above the limit, whatever is used', () => {
  const { cache, dropped } = createCache(100, (key) => Number(key.slice(1)))
  const keys = Array.from({ length: 500 }, (_, index) => `k${1 + ((index * 37) % 60)}`)
  for (const [index, key] of keys.entries()) {
    cache.set(key, key)
    cache.get(keys[(index * 7) % (index + 1)] ?? key)
    const kept = [...new Set(keys)].filter((other) => cache.has(other))
    expect(kept.reduce((sum, other) => sum + Number(other.slice(1)), 0)).toBeLessThanOrEqual(100)
  }
  expect(dropped.length).toBeGreaterThan(100)
})

test('an entry above the limit is not kept, and drops no other', () => {
  const { cache, dropped } = createCache(10, (key) => key.length)
  cache.set('short', 'x')
  cache.set('a key of more than ten', 'x')
  expect(cache.has('a key of more than ten')).toBe(false)
  expect(dropped).toEqual([])
  cache.delete('short')
  cache.delete('short')
  expect(dropped).toEqual(['short'])
})

test('a new entry is kept when all others were used', () => {
  const { cache, dropped } = createCache(3)
  for (const key of ['a', 'b', 'c']) cache.set(key, key)
  for (const key of ['a', 'b', 'c']) cache.get(key)
  cache.set('d', 'd')
  expect(cache.get('d')).toBe('d')
  expect(dropped).toEqual(['a'])
})
