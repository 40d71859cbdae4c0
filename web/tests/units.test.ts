import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { pseudoText } from '../scripts/pseudo-locale.ts'
import { findEmoji, withTone } from '../src/messages/emoji-table.ts'
import { type Block, type Inline, isOnlyEmoji, parseMarkdown } from '../src/messages/markdown.ts'
import { missingIn } from '../src/messages/missing-numbers.ts'
import { parseRoomAddress } from '../src/rooms/parse-room-address.ts'
import { dayOf, daysBefore } from '../src/shell/format.ts'
import { formatText } from '../src/shell/text-format.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Writes a tree in short: `p(b(bold) plain)`. */
function write(blocks: readonly Block[]): string {
  const inline = (part: Inline): string => {
    if (part.kind === 'text') return part.text
    if (part.kind === 'code') return `code(${part.text})`
    if (part.kind === 'mention') return `at(${part.username})`
    if (part.kind === 'link') return `link(${part.href}|${part.children.map(inline).join('')})`
    return `${part.kind}(${part.children.map(inline).join('')})`
  }
  return blocks
    .map((block) => {
      if (block.kind === 'paragraph') return `p(${block.children.map(inline).join('')})`
      if (block.kind === 'code') return `pre(${block.language}:${block.text})`
      if (block.kind === 'quote') return `quote(${write(block.children)})`
      const items = block.items.map((item) => item.map(inline).join('')).join('|')
      return `${block.start === null ? 'ul' : `ol${block.start}`}(${items})`
    })
    .join(' ')
}

describe('the small Markdown', () => {
  test.for([
    ['plain', 'p(plain)'],
    ['**bold** and *italic* and ~~gone~~', 'p(bold(bold) and italic(italic) and strike(gone))'],
    ['__bold__ _italic_', 'p(bold(bold) italic(italic))'],
    ['**bold *and italic***', 'p(bold(bold italic(and italic)))'],
    ['snake_case_name and 2 * 3 * 4', 'p(snake_case_name and 2 * 3 * 4)'],
    ['**open and *open', 'p(**open and *open)'],
    ['`**code**` here', 'p(code(**code**) here)'],
    ['\\*no\\*', 'p(*no*)'],
    ['a\nb\n\nc', 'p(a\nb\n\nc)'],
    ['> quote\n> more\nplain', 'quote(p(quote\nmore)) p(plain)'],
    ['> > deep', 'quote(quote(p(deep)))'],
    ['- one\n- **two**\nend', 'ul(one|bold(two)) p(end)'],
    ['3. three\n4. four', 'ol3(three|four)'],
    ['- ', 'p(-)'],
    ['```ts\nconst a = **b**\n```\nafter', 'pre(ts:const a = **b**) p(after)'],
    ['```\nnever closed', 'pre(:never closed)'],
    ['see https://example.org/a_b_c.', 'p(see link(https://example.org/a_b_c|https://example.org/a_b_c).)'],
    ['(https://example.org)', 'p((link(https://example.org|https://example.org)))'],
    ['[label](https://example.org)', 'p(link(https://example.org|label))'],
    ['[**b**](mailto:a@example.org)', 'p(link(mailto:a@example.org|bold(b)))'],
    ['[x](javascript:alert(1))', 'p([x](javascript:alert(1)))'],
    ['[x](data:text/html,x)', 'p([x](data:text/html,x))'],
    ['javascript://example.org', 'p(javascript://example.org)'],
    ['<img src=x onerror=alert(1)>', 'p(<img src=x onerror=alert(1)>)'],
    ['@ada and mail@ada.org @x', 'p(at(ada) and mail@ada.org @x)'],
    ['', ''],
  ] as const)('%j becomes %s', ([text, tree]) => {
    expect(write(parseMarkdown(text))).toBe(tree)
  })

  test.for([
    '*'.repeat(4_000),
    '[a]('.repeat(1_000),
    '> '.repeat(2_000),
    '`'.repeat(3_999),
    '**a '.repeat(1_000),
    '_a'.repeat(2_000),
  ])('a text made to be slow is read in a moment', (text) => {
    const startedAt = performance.now()
    parseMarkdown(text)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('one to three emojis alone are large', () => {
    expect(['🎉', '👩‍👩‍👧 🇮🇩', '👍🏽👍🏽👍🏽'].map(isOnlyEmoji)).toEqual([true, true, true])
    expect(['', 'a', '🎉 yes', '👍👍👍👍', '123', '#'].map(isOnlyEmoji)).toEqual(Array(6).fill(false))
  })
})

describe('texts', () => {
  test.for([
    ['{name} is here', { name: 'Ada' }, 'en', 'Ada is here'],
    ['{count, plural, one {# message} other {# messages}}', { count: 1 }, 'en', '1 message'],
    ['{count, plural, one {# message} other {# messages}}', { count: 1_234 }, 'en', '1,234 messages'],
    ['{count, plural, =0 {none} other {#}}', { count: 0 }, 'id', 'none'],
    ['{count, plural, one {a} two {b} few {# c} many {# d} other {e}}', { count: 3 }, 'ar', '3 c'],
    [
      '{n, plural, one {{names} is} other {{names} are}} typing',
      { n: 2, names: 'A and B' },
      'en',
      'A and B are typing',
    ],
    ['{kind, select, a {one} other {two}}', { kind: 'b' }, 'en', 'two'],
    ['{missing}', {}, 'en', '{missing}'],
    ['{name}', { name: '{count}' }, 'en', '{count}'],
    ['{open', {}, 'en', '{open}'],
  ] as const)('%j', ([text, values, locale, expected]) => {
    expect(formatText(text, values, locale)).toBe(expected)
  })

  test('the pseudo-locale changes words, and keeps what is filled in', () => {
    const texts = ['Save', 'Joined {name}', '{count, plural, =0 {none} one {# member} other {# members}}']
    const shown = texts.map((text) => formatText(pseudoText(text), { name: 'Ada', count: 2 }, 'en'))
    expect(shown).toEqual(['⟦Sávë ~⟧', '⟦Jöïñëd Ada ~ ~⟧', '⟦2 mëmbërš ~ ~⟧'])
  })

  const catalogs = ['en', 'id', 'ar'].map(
    (name) => [name, JSON.parse(read(`src/shell/catalogs/${name}.json`))] as const,
  )
  const namesIn = (text: string) =>
    new Set([...text.matchAll(/\{(\w+)(?=[,}])/g)].map(([, name]) => name).filter((name) => !/^\d+$/.test(name ?? '')))

  test.for(catalogs)('the catalog of %s has every text, with the same values', ([name, catalog]) => {
    const english = catalogs[0]?.[1] ?? {}
    expect(Object.keys(catalog)).toEqual(Object.keys(english))
    for (const [key, text] of Object.entries<string>(catalog)) {
      expect(text.trim(), key).not.toBe('')
      for (const value of namesIn(text)) expect(english[key], `${name} ${key}`).toContain(`{${value}`)
      for (const category of /, plural,/.test(text) ? ['other {'] : []) expect(text, key).toContain(category)
    }
  })

  test('each text of the catalogs is used', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => read(`src/${path}`))
      .join('\n')
    const templates = [...sources.matchAll(/`([\w.]+)\.\$\{[^`]*`/g)].map(([, start]) => `${start}.`)
    const unused = Object.keys(catalogs[0]?.[1] ?? {}).filter(
      (key) => !sources.includes(`'${key}'`) && !templates.some((start) => key.startsWith(start)),
    )
    expect(unused).toEqual([])
  })
})

test('days are counted by midnights, over the change of clocks too', () => {
  const now = new Date(2026, 2, 30, 0, 30)
  expect(daysBefore(new Date(2026, 2, 30, 23, 59), now)).toBe(0)
  expect(daysBefore(new Date(2026, 2, 29, 23, 59), now)).toBe(1)
  expect(daysBefore(new Date(2026, 2, 23, 0, 0), now)).toBe(7)
  expect(dayOf(new Date(2026, 0, 1, 0, 0))).not.toBe(dayOf(new Date(2025, 11, 31, 23, 59)))
})

test('what is loaded is the stretch around the view that is not held, at most a page', () => {
  const room = (held: (number: number) => boolean, messageCount = 1_000) => ({
    messageCount,
    at: (number: number) => (held(number) ? ({} as never) : undefined),
  })
  expect(
    missingIn(
      room(() => true),
      10,
      20,
    ),
  ).toBeNull()
  expect(
    missingIn(
      room(() => false),
      100,
      110,
    ),
  ).toEqual({ from: 60, to: 139, isNext: false })
  expect(
    missingIn(
      room((number) => number > 105),
      100,
      110,
    ),
  ).toEqual({ from: 26, to: 105, isNext: true })
  expect(
    missingIn(
      room((number) => number < 105),
      100,
      110,
    ),
  ).toEqual({ from: 105, to: 184, isNext: true })
  expect(
    missingIn(
      room(() => false),
      1,
      400,
    ),
  ).toEqual({ from: 1, to: 80, isNext: false })
  expect(
    missingIn(
      room(() => false, 0),
      1,
      1,
    ),
  ).toBeNull()
})

test.for([
  ['TEATABLE', { code: 'TEATABLE' }],
  [' teatable ', { code: 'teatable' }],
  ['https://chat.example/j/TEATABLE', { code: 'TEATABLE' }],
  ['https://chat.example/r/TEATABLE/12', { code: 'TEATABLE' }],
  ['room_01h455vb4pex5vsknk084sn02q', { roomId: 'room_01h455vb4pex5vsknk084sn02q' }],
  ['https://chat.example/i/abcdefghijklmnopqrstuvwx', { invite: 'abcdefghijklmnopqrstuvwx' }],
  ['abcdefghijklmnopqrstuvwx', { invite: 'abcdefghijklmnopqrstuvwx' }],
] as const)('%j leads to %j', ([text, door]) => {
  expect(parseRoomAddress(text)).toEqual(door)
})

test('emojis are found by their words in any language, and take a skin tone', () => {
  const hand = { emoji: '👍', name: 'jempol ke atas', words: 'bagus setuju', isToned: true }
  const raised = { emoji: '✌️', name: 'victory hand', words: '', isToned: true }
  const table = [{ group: 1, emojis: [raised, hand] }]
  expect(findEmoji(table, 'jempol', 5)).toEqual([hand])
  expect(findEmoji(table, 'setu jem', 5)).toEqual([hand])
  expect(findEmoji(table, 'empol', 5)).toEqual([])
  expect([withTone(hand, 0), withTone(hand, 3), withTone(raised, 5)]).toEqual(['👍', '👍🏽', '✌🏿'])
})

test('all that the pages ask is something that the server knows', async () => {
  const schema = buildSchema(readFileSync(join(root, '../schema.graphql'), 'utf8'))
  const files = ['account', 'messages', 'people', 'rooms'].map((folder) => `../src/${folder}/operations.ts`)
  const modules: Record<string, unknown>[] = await Promise.all(files.map((file) => import(file)))
  const documents = modules
    .flatMap((module) => Object.values(module))
    .flatMap((value) =>
      typeof value === 'string'
        ? [value]
        : Object.values<unknown>(Object(value)).filter((text) => typeof text === 'string'),
    )
  expect(documents.length).toBeGreaterThan(30)
  for (const document of documents) {
    expect(
      validate(schema, parse(document)).map(({ message }) => message),
      document,
    ).toEqual([])
  }
})
