// Cases about errors: how they are raised, and how far the null of a non-null field goes.

import { GraphQLError } from 'graphql'
import { AppError } from '../../src/errors.ts'
import { type Case, later, throws } from './comparison.ts'
import type { Seen } from './comparison-schema.ts'

const coded = () => new GraphQLError('it is coded', { extensions: { code: 'CODED', more: { a: [1] } } })
const no = (what = 'no') => new Error(what)
const fails =
  (what = 'no', turns = 1) =>
  () =>
    later(throws(no(what)), turns)

/** A method that is seen when it is called. */
const tellsCalls = (_: object, { calls }: Seen) => `call ${calls.push('called')}`

/** A value that fails in every way there is. */
const failing = (value: () => unknown): Case => ({
  document: '{ a: name thing { nameRequired } things { name thingRequired { name } } }',
  root: () => ({
    name: value(),
    thing: { nameRequired: value() },
    things: [{ name: value(), thingRequired: value() }],
  }),
})

/** Where a non-null field fails: at once, later, or by null. */
const bubbling = (document: string, make: (failure: unknown) => object): Case[] =>
  [null, undefined, no(), throws(no()), Promise.resolve(null), fails('no', 2)].map((failure) => ({
    document,
    root: () => make(failure),
  }))

const named = (name: string, cases: readonly Case[]) =>
  Object.fromEntries(cases.map((one, index) => [`${name}, ${index + 1}`, one]))

export const failureCases: Readonly<Record<string, Case>> = {
  'errors that are returned': failing(no),
  'errors that are returned with codes': failing(coded),
  'errors of the server': failing(() => new AppError('BAD_USER_INPUT', 'this is bad')),
  'errors that are thrown': failing(() => throws(coded())),
  'errors that are rejected': failing(() => () => later(throws(coded()))),
  'errors that are rejected at once': failing(() => () => Promise.reject(coded())),
  'errors that are resolved': failing(() => later(no)),
  'items that are rejected': {
    document: '{ names name }',
    root: () => ({ names: ['a', fails('b', 3)(), 'c', Promise.reject(coded())] }),
  },
  'errors that were located': failing(() => new GraphQLError('it is elsewhere', { path: ['over', 'there'] })),
  'errors with properties of a location': failing(() => Object.assign(no(), { path: '/etc/passwd', nodes: undefined })),
  'errors of classes': failing(() => new (class Special extends RangeError {})('special')),
  ...named('throws what is no error', [
    { document: '{ name }', root: () => ({ name: throws('text') }) },
    { document: '{ name }', root: () => ({ name: throws(undefined) }) },
    { document: '{ name }', root: () => ({ name: throws({ message: 'm' }) }) },
    { document: '{ name id }', root: () => ({ name: throws(Object.create(null)), id: 1 }) },
    { document: '{ nameRequired }', root: () => ({ nameRequired: throws(Symbol('s')) }) },
    { document: '{ names }', root: () => ({ names: [later(throws(null))] }) },
  ]),
  ...named(
    'a non-null field',
    bubbling('{ id thing { id nameRequired } }', (failure) => ({ id: 1, thing: { nameRequired: failure } })),
  ),
  ...named(
    'a non-null field of the root',
    bubbling('{ id nameRequired }', (failure) => ({ id: 1, nameRequired: failure })),
  ),
  ...named(
    'a non-null field of a mutation',
    bubbling('mutation { id nameRequired name }', (failure) => ({
      id: 1,
      nameRequired: failure,
      name: throws(no('it went on')),
    })),
  ),
  ...named(
    'non-null fields in each other',
    bubbling('{ thing { id thingRequired { id thingRequired { nameRequired } } } }', (failure) => ({
      thing: { id: 1, thingRequired: later({ id: later(2), thingRequired: { nameRequired: failure } }) },
    })),
  ),
  ...named(
    'an item of a list',
    bubbling('{ names things { nameRequired } }', (failure) => ({
      things: [{ nameRequired: 'a' }, { nameRequired: failure }, null],
    })),
  ),
  ...named(
    'a non-null item',
    bubbling('{ id thing { namesRequired } }', (failure) => ({
      id: 1,
      thing: { namesRequired: ['a', typeof failure === 'function' ? no() : failure, 'b'] },
    })),
  ),
  ...named(
    'a non-null item of a non-null list',
    bubbling('{ thing { thingsRequired { thingRequired { name } } } }', (failure) => ({
      thing: { thingsRequired: [{ thingRequired: later({}) }, { thingRequired: failure }] },
    })),
  ),
  ...named(
    'an item of a list of lists',
    bubbling('{ a: thing { gridRequired } }', (failure) => ({
      thing: { gridRequired: [[1], [2, typeof failure === 'function' ? no() : failure]] },
    })),
  ),
  'a field that fails later than the one beside it, which leaves nothing': {
    document: '{ id thing { name nameRequired } }',
    root: () => ({ id: 1, thing: { name: fails('late'), nameRequired: throws(no('early')) } }),
  },
  'a field that fails later than what was before it': {
    document: '{ id thing { nameRequired name } name }',
    root: () => ({
      id: later(1, 5),
      thing: { nameRequired: fails('early', 1), name: fails('late', 3) },
      name: fails('another', 4),
    }),
  },
  'fields that fail after the answer': {
    document: '{ nameRequired name thing { name things { name } } }',
    root: () => ({
      nameRequired: fails('first'),
      name: fails('second', 2),
      thing: later({ name: fails('third', 2), things: [{ name: fails('fourth') }] }, 2),
    }),
  },
  'fields that would be resolved after the answer': {
    document: '{ nameRequired thing { echo } things { echo } named { name } cat { name } }',
    root: () => ({
      nameRequired: fails('first'),
      thing: later({}, 2),
      things: [later({}, 2)],
      named: { type: () => later('Thing', 2), name: tellsCalls },
      cat: { isCat: () => later(true, 2), name: tellsCalls },
    }),
  },
  'errors below two values that are null already': {
    document: '{ thing { a: thingRequired { name } } things { name nameRequired } name }',
    root: () => ({
      things: [
        { name: fails('late', 3), nameRequired: fails('first', 1) },
        { name: fails('later', 4), nameRequired: fails('second', 2) },
      ],
      name: later('a', 6),
    }),
  },
  'two non-null fields that fail, one after another': {
    document: '{ thing { nameRequired infoRequired { name } thingRequired { nameRequired } } }',
    root: () => ({ thing: { nameRequired: fails('first', 2), thingRequired: { nameRequired: fails('second', 3) } } }),
  },
  'two non-null fields that fail, the second at once': {
    document: '{ thing { nameRequired thingRequired { nameRequired } } }',
    root: () => ({ thing: { nameRequired: fails('first', 2), thingRequired: { nameRequired: no('at once') } } }),
  },
  'two non-null items that fail, the second at once': {
    document: '{ thing { namesRequired } name }',
    root: () => ({
      thing: { namesRequired: [fails('first', 2)(), no('at once'), fails('third', 3)()] },
      name: later('a', 5),
    }),
  },
  'a list whose items fail, and which ends with an error': {
    document: '{ thing { namesRequired } name }',
    root: () => ({
      thing: {
        *namesRequired() {
          yield fails('first', 2)()
          throw no('no more')
        },
      },
      name: later('a', 5),
    }),
  },
  'two non-null items that fail, one after another': {
    document: '{ thing { thingsRequired { name nameRequired } } name }',
    root: () => ({
      thing: {
        thingsRequired: [
          { name: fails('fourth', 4), nameRequired: fails('second', 2) },
          { name: fails('first', 1), nameRequired: fails('third', 3) },
        ],
      },
      name: later('a', 6),
    }),
  },
  'an error below one that came first': {
    document: '{ thing { thingRequired { thing { name nameRequired } names } nameRequired } name }',
    root: () => ({
      thing: {
        thingRequired: {
          thing: { name: fails('early', 1), nameRequired: fails('late', 3) },
          names: [fails('later', 4)()],
        },
        nameRequired: fails('decides', 2),
      },
      name: later('a', 6),
    }),
  },
  'a mutation of which one field fails': {
    document: 'mutation { a: name b: id c: number thing { nameRequired } }',
    root: () => ({ name: fails('a'), id: throws(coded()), number: 3, thing: later({ nameRequired: null }) }),
  },
}
