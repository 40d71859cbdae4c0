import { buildSchema, type GraphQLInterfaceType } from 'graphql'
import { expect, test } from 'vitest'
import { readText } from '../../tests/setup/readme.ts'
import { roomEventsSubscription } from '../src/operations/room.ts'
import { viewerEventsSubscription } from '../src/operations/viewer.ts'
import { roomEventRules } from '../src/store/room-events.ts'
import { viewerEventRules } from '../src/store/viewer-events.ts'

const schema = buildSchema(readText('schema.graphql'))

const typesOf = (name: string) =>
  schema.getPossibleTypes(schema.getType(name) as GraphQLInterfaceType).map((type) => type.name)

/** Types that carry nothing but their place and time. */
const bare = ['Hidden', 'Synced']

for (const { stream, rules, operation } of [
  { stream: 'RoomEvent', rules: roomEventRules, operation: roomEventsSubscription },
  { stream: 'ViewerEvent', rules: viewerEventRules, operation: viewerEventsSubscription },
]) {
  test(`the store has a rule for every type of ${stream}, and no other`, () => {
    expect(Object.keys(rules).toSorted()).toEqual(typesOf(stream).toSorted())
  })

  test(`the subscription of ${stream} has a fragment on every type: hints come only where there is one`, () => {
    const asked = [...operation.matchAll(/\.\.\. on (\w+)/g)].map(([, name = '']) => name)
    expect([...asked, ...bare].toSorted()).toEqual(typesOf(stream).toSorted())
  })
}
