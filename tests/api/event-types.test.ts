import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { controlKinds, hintKinds } from '../../src/feed/streams/stream-item.ts'
import { EventKind } from '../../src/generated/prisma/client.ts'
import { eventTypeName } from '../../src/graphql/events.ts'

test.for([...Object.values(EventKind), ...controlKinds, ...hintKinds])('%s has a type in a stream', (kind) => {
  const type = schema.getType(eventTypeName(kind) ?? '')
  expect(isObjectType(type) && type.getInterfaces().map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:Room|Viewer)Event$/)]),
  )
})

test('every type of a stream has a kind', () => {
  const named = new Set([...Object.values(EventKind), ...controlKinds, ...hintKinds].map(eventTypeName))
  const ofStreams = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => /^(?:Room|Viewer)Event$/.test(name)),
  )
  expect(ofStreams.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([])
})
