import { describe, expect, test } from 'vitest'
import { lastRelease } from '../../upgrades/releases.ts'
import { apiAt, compareApi, notesSince } from '../../upgrades/schema-changes.ts'
import { readText } from '../support/documents.ts'

test('this server takes every operation of the last release, and CHANGELOG.md names what breaks other clients', async ({
  skip,
}) => {
  const release = lastRelease() ?? skip('No release is tagged yet.')
  const { unnamed, refused } = await compareApi({
    before: apiAt(release),
    after: { schema: readText('schema.graphql') },
    notes: notesSince(readText('CHANGELOG.md'), release),
  })
  expect({ unnamed, refused }).toEqual({ unnamed: [], refused: [] })
})

const before = {
  schema: `type Query { room(id: ID!): Room }
    type Room { id: ID! name: String access: Access! }
    enum Access { OPEN CLOSED }
    input RoomInput { name: String }
    type Mutation { createRoom(input: RoomInput!): Room }`,
  documents: JSON.stringify({ one: 'query One { room(id: 1) { id name } }' }),
}

describe('a change of the API', () => {
  const cases = [
    ['a field that is gone', ' name: String access', ' access', 'Room.name'],
    ['a field that may be null', 'access: Access!', 'access: Access', 'Room.access'],
    ['a value that is gone', 'OPEN CLOSED', 'OPEN', 'Access.CLOSED'],
    ['an argument that is new and needed', 'room(id: ID!)', 'room(id: ID!, at: Int!)', 'Query.room'],
    ['an input that is needed', 'RoomInput { name: String }', 'RoomInput { name: String! }', 'RoomInput.name'],
  ] as const

  test.for(cases)('breaks clients by %s, until the notes name it', async ([, from, to, name]) => {
    const after = { schema: before.schema.replace(from, to) }
    const silent = await compareApi({ before, after, notes: `\`${name}s\` and \`Other.${name}\` are others.` })
    expect(silent.named).toEqual([])
    expect(silent.unnamed.map((line) => line.startsWith(name))).toEqual([true])
    const told = await compareApi({ before, after, notes: `- \`${name}\` is different.` })
    expect([told.unnamed, told.named.length]).toEqual([[], 1])
  })

  test.for([
    ['a new field', 'id: ID! name', 'id: ID! code: ID name', 0],
    ['a new value', 'OPEN CLOSED', 'OPEN CLOSED SECRET', 1],
    ['nothing', '', '', 0],
  ] as const)('breaks nothing by %s', async ([, from, to, dangerous]) => {
    const changes = await compareApi({ before, after: { schema: before.schema.replace(from, to) }, notes: '' })
    expect({ ...changes, dangerous: changes.dangerous.length }).toEqual({
      unnamed: [],
      named: [],
      refused: [],
      dangerous,
    })
  })

  test('refuses an operation of the clients of the last release, whatever the notes say', async () => {
    const after = { schema: before.schema.replace(' name: String access', ' access') }
    const { refused } = await compareApi({ before, after, notes: '`Room.name` is gone.' })
    expect(refused).toEqual([expect.stringContaining('Cannot query field "name" on type "Room"')])
  })
})

test('the notes of a change are those above the last release', () => {
  const changelog =
    '# Changelog\n\n## 0.3.0 (not released yet)\n\nthree\n\n## 0.2.0\n\ntwo\n\n### More\n\n## 0.1.0\n\none\n'
  expect(notesSince(changelog, 'v0.2.0')).toBe('## 0.3.0 (not released yet)\n\nthree\n\n')
  expect(notesSince(changelog, 'v0.1.0')).toContain('two\n\n### More')
  expect(notesSince(changelog, 'v0.3.0')).toBe('')
  expect(notesSince(changelog, 'HEAD~30')).toBe('## 0.3.0 (not released yet)\n\nthree\n\n')
})
