import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { mentionedNames } from '../../src/messages/mentions/names.ts'
import { makeRoom } from '../support/client.ts'
import { test } from '../support/members.ts'
import { member, say } from '../support/mentions.ts'

/** Bodies that mention bob. */
const mentioning: readonly string[] = [
  ...['@bob', '@BOB', 'hi @bob!', '(@bob)', '“@bob”', '@bob’s turn', '@bob, @bob'],
  // emphasis
  ...['_@bob_', '__@bob__', '*@bob*', '**@bob**', '***@bob***', '_hello @bob_', '~~@bob~~', '_@bob', '@bob_'],
  // signs and numbers right before it
  ...[
    '.@bob',
    '-@bob',
    '1.@bob',
    '...@bob',
    '- @bob',
    '1. @bob',
    '# @bob',
    '> @bob',
    '你好@bob你好',
    'cc:@bob',
    '/cc @bob',
    '+@bob',
    '%@bob',
    '(/@bob)',
    'w/@bob',
    '@nobody/@bob',
    '@no.body/@xyz/@bob',
  ],
  // code that is none, or ends
  ...['`code` @bob', 'an odd ` @bob', '```\ncode\n```\n@bob', '~~~\ncode\n~~~\n@bob', 'a line\n    @bob', '\\`@bob\\`'],
  // links that end
  ...[
    'https://example.com @bob',
    '<https://example.com> @bob',
    '[text](https://example.com) @bob',
    '(https://example.com)@bob',
  ],
  ...['www.example.com\n@bob', 'note: //@x @bob', '<b>@bob</b>', '<div>\n@bob\n</div>'],
]

/** Bodies that only look as if they did. */
const others: readonly string[] = [
  ...[
    'bob',
    '@ bob',
    '@@bob',
    'mail@bob',
    'mail.@bob',
    'foo_@bob',
    'a+@bob',
    'a%@bob',
    '5@bob',
    'x.org/@bob',
    'x.org/a/@bob',
    '/users/@bob',
    'jose\u0301@bob',
    '@bob@example.com',
    '@bobx',
    '@xbob',
  ],
  // code
  ...[
    '`@bob`',
    '``@bob ` @bob``',
    '```\n@bob\n```',
    '```\n@bob',
    '~~~\n@bob\n~~~',
    '~~~\n@bob',
    '    @bob',
    'text\n\n    @bob',
    '\t@bob',
  ],
  ...['> ```\n> @bob', '- item\n\n      @bob', '```js\nconst a = "@bob"\n\n@bob'],
  // links
  ...[
    'https://x.org/?u=@bob',
    'https://x.org/#@bob',
    'https://x.org/@bob',
    'mailto:@bob',
    'see www.x.org/?@bob',
    'HTTPS://X.ORG/?u=@bob',
  ],
  ...[
    '<https://x.org/?u=@bob>',
    '[text](https://x.org/?u=@bob)',
    '[@bob](https://x.org)',
    '![@bob](https://x.org/a.png)',
  ],
  ...['https://x.org/a_(@bob)', 'https://x.org/(@bob)/b', 'https://x.org/a?(b)=@bob'],
  ...['[a](https://x.org "@bob")', '[@bob][a]\n\n[a]: https://x.org', 'ftp://x.org/_@bob_', 'https://x.org/_@bob_'],
]

test('a mention is an @ and a username, outside code and links as CommonMark delimits them', async ({ one }) => {
  const [ada, bob] = [await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob])
  const faults: string[] = []
  for (const [bodies, expected] of [
    [mentioning, [bob.name]],
    [others, []],
  ] as const) {
    for (const body of bodies) {
      const { names } = await say(ada, roomId, body.replaceAll(/bob/gi, bob.name))
      if (names.join() !== expected.join()) faults.push(`${JSON.stringify(body)} mentions ${names.join() || 'nobody'}`)
    }
  }
  expect(faults).toEqual([])
})

/** Bodies of the greatest length that make a parser of Markdown work hard. */
const hostile: Readonly<Record<string, string>> = {
  brackets: '['.repeat(limits.messageLengthMax),
  'links in links': '[a]('.repeat(1_000),
  'image openings': '![[]()'.repeat(600),
  emphasis: '*a _b '.repeat(600),
  'closed emphasis': `${'*'.repeat(1_900)}a${'*'.repeat(1_900)}`,
  quotes: `${'>'.repeat(2_000)}a\n`.repeat(1),
  'nested lists': '- '.repeat(1_900),
  'deep quotes on many lines': `${'> '.repeat(90)}a\n`.repeat(20),
  backticks: Array.from({ length: 80 }, (_, index) => '`'.repeat(index + 1)).join(' '),
  entities: '&amp'.repeat(900),
  'open tags': '<a '.repeat(1_200),
  comments: '<!--'.repeat(900),
  'reference definitions': '[a]: b\n'.repeat(550),
  handles: '@a '.repeat(1_300),
  addresses: `${'a.'.repeat(1_900)}@`,
  'dots and handles': '.@a'.repeat(1_300),
  'slashes and handles': '/@a'.repeat(1_300),
  'a long path': `${'a/'.repeat(1_900)}@a`,
  'a long word and handles': `${'a'.repeat(2_000)}${'/@a'.repeat(600)}`,
  links: 'http://'.repeat(550),
  'parentheses of links': `http://${'('.repeat(3_800)}`,
  tabs: '\t'.repeat(3_900),
  lines: '\n'.repeat(3_900),
  wide: '天'.repeat(3_900),
}

test('no body takes long to look through', () => {
  const worst = Object.entries(hostile).map(([name, body]) => {
    const text = `${body}\n@somebody`
    mentionedNames(text)
    const times = Array.from({ length: 5 }, () => {
      const from = process.cpuUsage().user
      mentionedNames(text)
      return (process.cpuUsage().user - from) / 1_000
    })
    return { name, ms: Math.min(...times) }
  })
  // a few milliseconds on an idle machine
  expect(worst.filter(({ ms }) => ms > 15)).toEqual([])
})
