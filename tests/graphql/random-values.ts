// Random values for the schema of comparisons: they follow from a seed and their place, so that each execution gets the same.

import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { randomOf } from '../../chaos/random.ts'
import type { Random } from '../simulation/virtual-time.ts'
import { foreign, later, schema, throws } from './comparison.ts'
import type { Seen } from './comparison-schema.ts'

const leaves: Readonly<Record<string, readonly unknown[]>> = {
  ID: ['i', 5],
  String: ['s', '', 6],
  Int: [0, 7, '8'],
  Float: [0.5, 9],
  Boolean: [true, false],
  Color: ['RED', 'GREEN'],
  Odd: ['odd', 'throws', { a: [null] }, 0],
}

/** Makes the objects and other values of one seed. */
export function createValues(seed: number) {
  function objectOf(type: GraphQLObjectType, place: string): object {
    const random = randomOf(seed, place)
    const object: Record<string, unknown> = {
      type: typeNameOf(random, type),
      __typename: random.chance(0.7) || type.name === 'Thing' ? type.name : undefined,
      isCat: truthOf(random, type.name === 'Cat'),
      isDog: truthOf(random, type.name === 'Dog'),
    }
    for (const [name, field] of Object.entries(type.getFields())) {
      if (field.resolve) continue
      object[name] = (args: object, context: Seen) => {
        const at = `${place}.${name}`
        context.calls.push(`${at} ${JSON.stringify(args)}`)
        return outcome(field.type, at)
      }
    }
    return object
  }

  /** Returns, throws or promises what a field or an item has. */
  function outcome(type: GraphQLOutputType, place: string, isItem = false): unknown {
    const random = randomOf(seed, place)
    const error = random.chance(0.5)
      ? new Error(`${place} fails`)
      : new GraphQLError(`${place} is coded`, { extensions: { code: 'CODED' } })
    const fails = random.chance(0.12)
    const nothing = random.chance(0.06) ? random.pick([{ value: null }, { value: undefined }, { value: error }]) : null
    const make = () => {
      if (fails) throw error
      return nothing ? nothing.value : valueFor(type, place, random)
    }
    const turns = 1 + random.below(4)
    const way = random.below(10)
    // a promise that is not waited for must not fail: an item may be in a list that nobody looks at
    if (way < 2) return isItem ? foreign(make) : later(make, turns)
    if (way < 3) return foreign(make)
    if (isItem && fails) return error
    return make()
  }

  function valueFor(type: GraphQLOutputType, place: string, random: Random): unknown {
    if (isNonNullType(type)) return valueFor(type.ofType, place, random)
    if (isListType(type)) {
      const items = Array.from({ length: random.below(4) }, (_, index) =>
        outcome(type.ofType, `${place}.${index}`, true),
      )
      return random.chance(0.2) ? new Set(items) : items
    }
    if (isLeafType(type)) return random.pick(leaves[type.name] ?? [])
    if (isAbstractType(type)) return objectOf(random.pick(schema.getPossibleTypes(type).filter(isFound)), place)
    if (!isObjectType(type)) throw new Error('there are no other types')
    return objectOf(type, place)
  }

  return { rootOf: (type: GraphQLObjectType) => objectOf(type, 'root') }
}

const isFound = ({ name }: GraphQLObjectType) => ['Thing', 'Cat', 'Dog'].includes(name)

function typeNameOf(random: Random, { name }: GraphQLObjectType): unknown {
  if (random.chance(0.05)) return throws(new Error('no type'))
  return random.chance(0.2) ? () => later(name, 1 + random.below(2)) : name
}

function truthOf(random: Random, is: boolean): unknown {
  if (random.chance(0.03)) return throws(new Error('nobody knows'))
  return random.chance(0.2) ? () => later(is) : is
}
