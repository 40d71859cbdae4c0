// Cases about values: leaves, lists, objects and abstract types.

import { type Case, foreign, later, thenable, throws } from './comparison.ts'

const tom = { type: 'Cat', isCat: true, name: 'Tom', lives: 9 }
const rex = { type: 'Dog', isDog: true, name: 'Rex', bones: [1, 2] }
const animals = '{ nameds { __typename name ... on Cat { lives } ... on Dog { bones } } }'
const somes = '{ somes { __typename ... on Cat { lives } ... on Dog { bones } ... on Thing { name } } }'

/** The types of named objects: what may be said of one, and of the next one. */
const naming = (type: unknown, more: object = {}): Case => ({
  document: animals,
  root: () => ({ nameds: [{ ...tom, ...more, type }, rex] }),
})

function* numbers() {
  yield 1
  yield later(2)
  yield 3
}

export const completionCases: Readonly<Record<string, Case>> = {
  'leaves of each type': {
    document: '{ id name number size isOn color odd }',
    root: () => ({ id: 1, name: 2, number: '3', size: 4.5, isOn: 1, color: 'RED', odd: { a: [1] } }),
  },
  'empty leaves': {
    document: '{ id name number size isOn odd }',
    root: () => ({ id: '', name: '', number: 0, size: 0, isOn: false, odd: '' }),
  },
  'leaves that are null or undefined': {
    document: '{ id name color odd }',
    root: () => ({ id: null, color: undefined }),
  },
  'leaves that cannot be serialized': {
    document: '{ id name number size isOn color things { number } }',
    root: () => ({ id: {}, name: [1], number: 1.5, size: 'x', isOn: 'yes', color: 'BLUE', things: [{ number: 'a' }] }),
    errors: 'of the server',
  },
  'a scalar that throws': { document: '{ odd name }', root: () => ({ odd: 'throws', name: 'a' }) },
  'a scalar that refuses': { document: '{ odd name }', root: () => ({ odd: 'refuses' }), errors: 'of the server' },
  'a scalar of which null becomes': {
    document: '{ odd a: odd thing { oddRequired } }',
    root: () => ({ odd: 'null', thing: { oddRequired: 'undefined' } }),
    errors: 'of the server',
  },
  'values that are promised': {
    document: '{ id name thing { name thing { number } } names grid }',
    root: () => ({
      id: Promise.resolve(1),
      name: later('a', 3),
      thing: later({ name: later('b'), thing: Promise.resolve({ number: later(1, 2) }) }),
      names: later([later('c', 2), 'd', Promise.resolve(null)]),
      grid: later([later([later(1)]), [2], Promise.resolve([Promise.resolve(3)])]),
    }),
  },
  'values of foreign promises': {
    document: '{ id name thing { name } names things { name } }',
    root: () => ({
      id: foreign(() => 1),
      name: () => foreign(() => null),
      thing: foreign(() => ({ name: foreign(() => 'a') })),
      names: foreign(() => [foreign(() => 'b'), 'c']),
      things: [foreign(() => ({ name: 'd' })), { name: foreign(() => 'e') }],
    }),
  },
  'foreign promises that fail': {
    document: '{ id name names thing { nameRequired } }',
    root: () => ({
      id: foreign(throws(new Error('no id'))),
      name: foreign(() => new Error('no name')),
      names: foreign(() => ['a', foreign(throws(new Error('no item')))]),
      thing: { nameRequired: foreign(throws(new Error('no name'))) },
    }),
  },
  'a foreign promise of a promise': {
    document: '{ name }',
    root: () => ({ name: foreign(() => foreign(() => later('a'))) }),
  },
  'a foreign promise that settles at once, and twice': {
    document: '{ name id }',
    root: () => ({
      name: thenable((resolve) => [resolve('a'), resolve('b')]),
      id: thenable(throws(new Error('no then'))),
    }),
  },
  'lists of all kinds': {
    document: '{ names a: grid things { name } }',
    root: () => ({
      names: new Set(['a', 'b', null, undefined]),
      grid: [numbers(), [], null, new Set([4])],
      things: [],
    }),
  },
  'lists that are none': {
    document: '{ names grid things { name } thingsRequired { name } }',
    root: () => ({ names: 'abc', grid: [{}, 1, [2]], things: { length: 1 }, thingsRequired: 5 }),
    errors: 'of the server',
  },
  'lists of lists, with errors': {
    document: '{ grid a: grid }',
    root: () => ({
      grid: [[1, 'x', new Error('no number'), later(throws(new Error('later')))], new Error('no row'), later([2])],
    }),
    errors: 'of the server',
  },
  'a list that throws on the way': {
    document: '{ names a: name }',
    root: () => ({
      *names() {
        yield 'a'
        throw new Error('no more')
      },
      name: 'b',
    }),
  },
  'objects that are no objects': {
    document: '{ thing { name __typename } things { name } }',
    root: () => ({ thing: 'text', things: [1, true, 'a', { name: 'b' }] }),
  },
  'objects of a type that knows its objects': {
    document: '{ cat { name } a: cat { lives } dog { name } }',
    root: () => ({ cat: tom, dog: rex }),
  },
  'objects of which a type says that they are others': {
    document: '{ cat { name } dog { name } }',
    root: () => ({ cat: rex, dog: { isDog: later(false) } }),
    errors: 'of the server',
  },
  'objects of which a type finds out later': {
    document: '{ cat { name lives } dog { name } }',
    root: () => ({ cat: { ...tom, isCat: later(true, 2) }, dog: { ...rex, isDog: later(1) } }),
  },
  'objects of which a type cannot tell': {
    document: '{ cat { name } dog { name } }',
    root: () => ({
      cat: { isCat: throws(new Error('no cat')) },
      dog: { isDog: () => later(throws(new Error('no dog'))) },
    }),
  },
  'types that are named': naming('Cat'),
  'types that are named later': naming(later('Cat', 2)),
  'types that are named by functions': naming(() => later('Cat')),
  'types that cannot be told': naming(throws(new Error('no type'))),
  'types that cannot be told later': naming(() => later(throws(new Error('no type')))),
  'an unknown type': { ...naming('Cow'), errors: 'of the server' },
  'an unknown type, later': { ...naming(later('Cow')), errors: 'of the server' },
  'a type that is no object': { ...naming('Color'), errors: 'of the server' },
  'a type that is an interface': { ...naming('Named'), errors: 'of the server' },
  'no type': { ...naming(undefined), errors: 'of the server' },
  'a type that is a number': { ...naming(5), errors: 'of the server' },
  'a type that is an object of that name': {
    document: animals,
    root: () => ({ nameds: [tom, { ...tom, type: { toString: () => 'Cat' } }] }),
    errors: 'of the server',
  },
  'a type that an interface does not have': {
    document: '{ guess { __typename } somes { __typename } }',
    root: () => ({ guess: { __typename: 'Thing' }, somes: [{ __typename: 'Query' }] }),
    errors: 'of the server',
  },
  'a named type that says no': { ...naming('Cat', { isCat: false }), errors: 'of the server' },
  'an abstract value whose type is found by names': {
    document: somes,
    root: () => ({
      somes: [
        { __typename: 'Thing', name: 'Vase' },
        { ...tom, __typename: 'Cat' },
        { ...rex, __typename: 'Dog' },
      ],
    }),
  },
  'an abstract value whose type is found by asking types': {
    document: somes,
    root: () => ({ somes: [tom, rex, { ...tom, isCat: later(true) }, { ...rex, isDog: later(true, 2) }] }),
  },
  'an abstract value that no type knows': {
    document: '{ guess { __typename } some { __typename } name }',
    root: () => ({ guess: {}, some: { isCat: later(false) }, name: 'a' }),
    errors: 'of the server',
  },
  'an abstract value of which one type knows, and another fails later': {
    document: '{ guess { __typename ... on Dog { bones } } }',
    root: () => ({ guess: { ...rex, isCat: () => later(throws(new Error('no cat')), 2) } }),
  },
  'an abstract value of which one type fails, and another fails later': {
    document: '{ guess { __typename } }',
    root: () => ({
      guess: { isCat: () => later(throws(new Error('no cat')), 2), isDog: throws(new Error('no dog')) },
    }),
  },
  'the same interface below different fields': {
    document: '{ named { name } thing { named { name ... on Dog { bones } } namedRequired { ... on Cat { lives } } } }',
    root: () => ({ named: tom, thing: { named: rex, namedRequired: later({ ...tom, type: later('Cat') }) } }),
  },
  'an interface in lists of lists': {
    document: '{ namedGrid { name } thing { namedGrid { ... on Cat { lives } } } }',
    root: () => ({
      namedGrid: [[tom], [rex, later(tom)], null],
      thing: { namedGrid: [[rex, { ...tom, type: 'Cow' }]] },
    }),
    errors: 'of the server',
  },
  'items that are later than others': {
    document: '{ things { name thing { name } } nameds { name } }',
    root: () => ({
      things: [later({ name: later('a', 3) }, 2), { name: 'b', thing: later({ name: 'c' }) }, null],
      nameds: [later(tom, 3), { ...rex, type: later('Dog') }],
    }),
  },
}
