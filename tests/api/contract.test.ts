import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  parse,
  print,
} from 'graphql'
import { expect, test } from 'vitest'
import { readText } from '../support/documents.ts'

const contract = placesOf(parse(readText('tests/oracles/contract.graphql')))
const schema = placesOf(parse(readText('schema.graphql')))

test('everything that clients may count on is served as it was promised', () => {
  expect(contract.size).toBeGreaterThan(400)
  const broken = [...contract].filter(([place, type]) => schema.get(place) !== type)
  expect(
    broken.map(([place, type]) => `${place} is ${schema.get(place) ?? 'not served'}, and was to be ${type}`),
  ).toEqual([])
})

test('what was promised can be asked for without anything new', () => {
  const demanded = [...schema].filter(([place, type]) => {
    const [, owner = ''] = /^(.+)[.(]\w+$/.exec(place) ?? []
    const isArgument = place.includes('(') || schema.get(owner) === 'InputObjectTypeDefinition'
    return isArgument && type.endsWith('!') && contract.has(owner) && !contract.has(place)
  })
  expect(demanded.map(([place]) => place)).toEqual([])
})

/** Every place of a schema with its type: `User.bio` is `String`, `Query.node(id` is `ID!`, and a type is of its kind. */
function placesOf({ definitions }: DocumentNode): Map<string, string> {
  return new Map(definitions.flatMap(placesIn))
}

function placesIn(definition: DefinitionNode): [string, string][] {
  if (!('name' in definition) || !definition.name) return []
  const name = definition.name.value
  const own: [string, string][] = [[name, definition.kind.replace('Extension', 'Definition')]]
  if ('fields' in definition) own.push(...(definition.fields ?? []).flatMap((field) => placesOfField(name, field)))
  if ('values' in definition) own.push(...namesOf(name, definition.values))
  if ('interfaces' in definition) own.push(...namesOf(`${name}:`, definition.interfaces))
  return own
}

function placesOfField(owner: string, field: FieldDefinitionNode | InputValueDefinitionNode): [string, string][] {
  const place = `${owner}.${field.name.value}`
  const args = 'arguments' in field ? (field.arguments ?? []) : []
  return [
    [place, [field.type, ...(field.directives ?? [])].map((node) => print(node)).join(' ')],
    ...args.map((arg): [string, string] => [`${place}(${arg.name.value}`, print(arg.type)]),
  ]
}

function namesOf(owner: string, nodes: readonly { name: { value: string } }[] = []): [string, string][] {
  return nodes.map(({ name: { value } }) => [`${owner}.${value}`, 'one of its names'])
}
