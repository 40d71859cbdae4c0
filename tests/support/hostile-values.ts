// Hostile values for arguments, by the type of the argument.

import { type GraphQLInputType, getNullableType, isEnumType, isInputObjectType, isListType } from 'graphql'
import { newUuid } from '../../src/database/uuid.ts'
import { chainOfNothing } from '../../src/feed/chain.ts'
import { encodeCursor } from '../../src/feed/cursor.ts'
import { formatId, idPrefixes, splitId } from '../../src/input/ids.ts'

const uuidOf = (id: string) => splitId(id)?.uuid ?? ''

const texts = [
  '',
  ' \t\n',
  'nul \0 inside',
  'half a pair \ud83d',
  '\udc4d the other half',
  'turned \u202E around',
  '\u0007\u001b[31m\u009b',
  'ali\u200Bce',
  '\uFEFF\u00AD\u2060',
  'аlice',
  'ａlice',
  'x'.repeat(100_000),
  '👩‍👩‍👧‍👦'.repeat(2_000),
  `'; drop table users; --`,
  '%_\\%',
  `"a" or -b & | ! ( :* <-> '`,
  '{}[]()^$.*+?',
  'NaN',
  '../../etc/passwd',
  'text/html',
  'e\u0301'.repeat(80),
]

/** Texts of a length that take its square to be put in order, or searched by a careless pattern. */
export function slowTexts(length: number): string[] {
  return [
    `a${'\u0315\u0300'.repeat(length / 2)}`,
    `a${' '.repeat(length)}a`,
    'Did you mean '.repeat(length / 13),
    `a@${'a.'.repeat(length / 2)}`,
    '`'.repeat(length),
    '@'.repeat(length),
  ]
}

/** A cursor of a connection as the server writes it. */
const place = (...keys: unknown[]) => Buffer.from(JSON.stringify(keys)).toString('base64url')

const places = [
  'no cursor',
  place(),
  place('x'),
  place('-1'),
  place('1.5'),
  place('99999999999999999999'),
  place('2147483648'),
  place('Infinity'),
  place('\0'),
  place('\ud83d'),
  place('\0', '\0'),
  place(null),
  place(1),
  place('2026-13-45T00:00:00Z', newUuid()),
  place('0000-01-01T00:00:00Z', newUuid()),
  place('9999-12-31T23:59:59.999Z', newUuid()),
  place('2026-01-01T00:00:00Z', 'x'),
  place(newUuid()),
  place('MOST_ACTIVE', '9999-12-31T23:59:59.999Z', newUuid()),
  place('MOST_ACTIVE', 'x', newUuid()),
  place('MOST_MEMBERS', '1e309', newUuid()),
  place('NAME', '\0', newUuid()),
  Buffer.from('{"length":1}').toString('base64url'),
  Buffer.from('"x"').toString('base64url'),
  'x'.repeat(100_000),
]

const suffixes = [
  '0'.repeat(26),
  `7${'z'.repeat(25)}`,
  'z'.repeat(26),
  '01h455vb4pex5vsknk084sn02q',
  '01H455VB4PEX5VSKNK084SN02Q',
  '',
]

const ids = [
  '',
  ' ',
  'x',
  '_',
  5,
  -1,
  newUuid(),
  'room_\0',
  'room_01h455vb4pex5vsknk084sn02\ud83d',
  'x'.repeat(10_000),
  `room_${'0'.repeat(10_000)}`,
  ...suffixes.map((suffix) => `room_${suffix}`),
  ...Object.values(idPrefixes).map((prefix) => `${prefix}_01h455vb4pex5vsknk084sn02q`),
]

const dates = [
  '',
  'now',
  5,
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-23:59',
  '10000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:01Z',
  '2026-01-01',
  `2026-01-01T00:00:00.${'0'.repeat(10_000)}Z`,
]

const byScalar: Record<string, readonly unknown[]> = {
  String: texts,
  ID: ids,
  Int: [-2_147_483_648, -1, 0, 101, 2_147_483_647, 2_147_483_648, 1.5, '1', 1e308],
  Boolean: [true, false, 'true', 1],
  DateTime: dates,
}

/** Ingredients of the values: the ids that exist, and a cursor of a room. */
export interface Known {
  readonly ids: readonly string[]
  readonly roomId: string
  readonly cursor: string
}

/** Lists hostile values for an argument. Null and values of other kinds are among them, and so are some that are valid. */
export function hostileValues({ name, type }: { name: string; type: GraphQLInputType }, known: Known): unknown[] {
  const plain = getNullableType(type)
  const others = [null, {}]
  if (isListType(plain)) {
    const [first = ''] = known.ids
    const uuids = (count: number) => Array.from({ length: count }, () => formatId('User', newUuid()))
    const items = hostileValues({ name, type: plain.ofType }, known)
    return [
      ...others,
      [],
      [null],
      [first, first],
      known.ids,
      uuids(10),
      uuids(101),
      uuids(2_000),
      ...items.map((item) => [item]),
    ]
  }
  if (isInputObjectType(plain)) return others
  if (isEnumType(plain)) return [...others, 'NOPE', '', 5, ...plain.getValues().map((value) => value.name)]
  const scalar = String(plain)
  if (scalar === 'EventCursor') return [...others, ...cursors(known)]
  const values = byScalar[scalar]
  if (!values) throw new Error(`there are no hostile values of ${scalar}`)
  const isPlace = name === 'after' || name === 'before'
  return [...others, ...values, ...(scalar === 'ID' ? known.ids : []), ...(isPlace ? places : [])]
}

function cursors({ roomId, cursor }: Known): unknown[] {
  const topicId = uuidOf(roomId)
  const huge = { seq: 2 ** 48 - 1, chain: 'f'.repeat(16) }
  return [
    '',
    'x',
    5,
    'x'.repeat(36),
    'A'.repeat(36),
    cursor.slice(0, -1),
    `${cursor}x`,
    cursor.toLowerCase(),
    `${cursor.slice(0, 28)}________`,
    encodeCursor({ topicId, ...huge }),
    encodeCursor({ topicId, seq: 0, chain: chainOfNothing }),
    encodeCursor({ topicId: newUuid(), ...huge }),
    encodeCursor({ topicId: newUuid(), seq: 0, chain: chainOfNothing }),
    'x'.repeat(10_000),
  ]
}
