// Cases about documents: their operations, selections, variables and arguments.

import { getIntrospectionQuery } from 'graphql'
import { type Case, later } from './comparison.ts'

const booleans = [true, false]

/** Both values of two variables. */
const bothOfTwo = booleans.flatMap((a) => booleans.map((b) => ({ a, b })))

const things = () => ({ name: 'root', thing: { name: 'inner', id: 'i', thing: { name: 'innermost' } } })
const cats = () => ({
  nameds: [
    { type: 'Cat', isCat: true, name: 'Tom', lives: 9 },
    { type: 'Dog', isDog: true, name: 'Rex', bones: [1] },
    { type: 'Thing', name: 'Vase', number: 3 },
    { type: 'Cat', isCat: true, name: 'Mia', lives: 7 },
  ],
})

/** Fields that return with how many others they ran, and in which order. */
function serial(): object {
  let running = 0
  const take = (turns: number) => () => {
    running++
    const ranWith = running
    return later(() => {
      running--
      return ranWith
    }, turns)
  }
  let calls = 0
  return { number: () => later(++calls, 4 - calls), thing: () => ({ number: take(2), size: take(1) }), size: take(2) }
}

const fieldOf = (directives: string) => `query ($a: Boolean!, $b: Boolean!) { ${directives} }`

export const operationCases: Readonly<Record<string, Case>> = {
  'a field': { document: '{ name }', root: () => ({ name: 'Ada' }) },
  'a field without a root value': { document: '{ name __typename }' },
  'fields in the order of the document': {
    document: '{ number id name }',
    root: () => ({ name: 'a', id: 1, number: 2 }),
  },
  'fields in the order of the document, when they settle in another': {
    document: '{ number id name }',
    root: () => ({ name: 'a', id: later('b', 3), number: later(2, 1) }),
  },
  'a field that is selected twice': {
    document: '{ thing { name } name thing { id name thing { name } } }',
    root: things,
  },
  'a field that is selected twice by fragments': {
    document: `{ ...A thing { __typename } ...B ...A } fragment A on Query { thing { name ...C } }
      fragment B on Query { name thing { ...C id } } fragment C on Thing { thing { name } }`,
    root: things,
  },
  'fragments in fragments': {
    document:
      '{ ... { ... on Query { ... on Named { name } } } thing { ...F ...G } } fragment F on Thing { id ...G } fragment G on Named { name }',
    root: things,
  },
  'a fragment that is spread twice into one selection': {
    document:
      '{ ...F ...F ... { ...F } thing { ...G ...G } } fragment F on Query { info } fragment G on Thing { info }',
    root: things,
  },
  'fragments of types that do not match': {
    document: `{ nameds { name ... on Cat { lives } ... on Dog { bones } ...T ... on Named { __typename } } }
      fragment T on Thing { number }`,
    root: cats,
  },
  'a fragment that is spread into two types': {
    document: '{ ...F thing { ...F ... on Named { ...F } } } fragment F on Named { name ... on Thing { id } }',
    root: things,
  },
  'a fragment of an interface that a type does not have': {
    document:
      '{ somes { ... on Named { name } ... on Some { __typename } ... on Guess { guessed: __typename ... on Cat { lives } } } }',
    root: () => ({
      somes: [
        { __typename: 'Cat', isCat: true, lives: 2 },
        { __typename: 'Thing', name: 'x' },
      ],
    }),
  },
  aliases: {
    document: '{ a: name constructor: name toString: id hasOwnProperty: number valueOf: thing { then: name } }',
    root: () => ({ ...things(), id: 1, number: 2 }),
  },
  'the alias __proto__': { document: '{ name __proto__: id }', root: () => ({ name: 'a', id: 'b' }), isRare: true },
  'the alias __proto__ within fragments': {
    document: '{ ...F } fragment F on Query { thing { ... { __proto__: name } } }',
    root: things,
    isRare: true,
  },
  'names of types': {
    document: '{ __typename a: __typename thing { __typename } named { __typename b: __typename } }',
    root: () => ({ thing: {}, named: { type: 'Cat', isCat: true } }),
  },
  introspection: { document: getIntrospectionQuery(), isRare: true },
  'introspection of a type': { document: '{ name __type(name: "Thing") { name } }', root: things, isRare: true },
  'another directive': { document: '{ name @mark thing { name } }', root: things, isRare: true },
  'another directive of the operation': { document: 'query A @mark { name }', root: things, isRare: true },
  'another directive of a fragment': {
    document: '{ ...F } fragment F on Query @mark { name }',
    root: things,
    isRare: true,
  },
  'skipped and included by literals': {
    document: `{ a: name @skip(if: true) b: name @skip(if: false) c: name @include(if: true) d: name @include(if: false)
      e: name @skip(if: false) @include(if: false) f: name @include(if: true) @skip(if: false) g: name @skip(if: true) @include(if: true) }`,
    root: things,
  },
  'skipped and included by variables': {
    document: fieldOf(`x: name @skip(if: $a) y: name @include(if: $b) thing @skip(if: $b) { id @include(if: $a) name }
      z: name @include(if: $a) @skip(if: $b) thing { name @include(if: $a) }`),
    root: things,
    variables: bothOfTwo,
  },
  'fragments that are skipped and included by variables': {
    document: `${fieldOf('...F @skip(if: $a) ... @include(if: $b) { x: name } thing { ...G @include(if: $a) ...G @include(if: $b) }')}
      fragment F on Query { y: name ... on Named @include(if: $b) { z: name } } fragment G on Thing { name id @skip(if: $b) }`,
    root: things,
    variables: bothOfTwo,
  },
  'a selection of which all is skipped': { document: '{ thing { name @skip(if: true) } }', root: things },
  'conditions with defaults': {
    document:
      'query ($a: Boolean = true, $b: Boolean! = false) { x: name @skip(if: $a) y: name @include(if: $b) name }',
    root: things,
    variables: [{}, { a: false }, { b: true }, { a: true, b: true }],
  },
  'a condition that is null': {
    document: 'query ($a: Boolean = true) { x: name @skip(if: $a) name }',
    root: things,
    variables: [{ a: null }, {}, { a: false }],
    errors: 'other words',
  },
  'a condition that is null below a field': {
    document: 'query ($a: Boolean = true) { name thing { x: name @include(if: $a) } }',
    root: things,
    variables: [{ a: null }, {}],
    errors: 'other words',
  },
  'conditions of several operations': {
    document: `query A($a: Boolean!) { ...F x: id } query B($a: Boolean = false, $c: Boolean!) { ...F y: id @skip(if: $c) }
      fragment F on Query { name @include(if: $a) }`,
    root: things,
    operationName: 'B',
    variables: [{ c: true }, { c: false, a: true }, { c: true, a: true }, { c: false }],
  },
  'an operation of several': { document: 'query A { id } query B { name }', root: things, operationName: 'B' },
  'a mutation beside a query': { document: 'query A { id } mutation B { name }', root: things, operationName: 'B' },
  'an operation that is named': { document: 'query A { name }', root: things, operationName: 'A' },
  'no operation of the name': { document: 'query A { name }', operationName: 'B', errors: 'other words' },
  'the empty name': { document: 'query A { name }', operationName: '', errors: 'other words' },
  'no name where there are several': { document: 'query A { name } query B { name }', errors: 'other words' },
  'no operation': { document: 'fragment F on Query { name }', errors: 'other words', isInvalid: true },
  'variables as arguments': {
    document: `query ($text: String, $number: Int = 5, $least: Int! = 2, $color: Color, $ids: [ID!], $shape: Shape, $odd: Odd) {
      echo(text: $text, number: $number, least: $least, color: $color, ids: $ids, shape: $shape, odd: $odd)
      things { echo(text: $text, number: $number) method(text: $text) }
    }`,
    root: () => ({ things: [{}, { method: (args: object) => JSON.stringify(args) }] }),
    variables: [
      {},
      { text: null, number: null, color: null, ids: null, shape: null, odd: null },
      { text: 'a', number: 1, least: 0, color: 'RED', ids: ['x', 2], odd: [1, { a: 'b' }] },
      { ids: 'one', shape: { color: 'GREEN', sizes: 1, inner: { color: 'RED', sides: null } } },
      { unknown: 1, text: '' },
    ],
  },
  'faulty variables': {
    document:
      'query ($number: Int, $need: ID!, $shape: Shape) { echo(number: $number, shape: $shape) need(id: $need) }',
    variables: [
      {},
      { need: null },
      { need: 'a', number: 'b' },
      { need: 1, shape: { sides: 1 } },
      { need: 1, shape: { color: 'BLUE', more: 1 } },
      { need: 'a' },
    ],
    errors: 'other words',
  },
  'variables inside lists and objects': {
    document: `query ($color: Color! = RED, $id: ID!, $sides: Int) {
      echo(ids: ["a", $id], shape: { color: $color, sides: $sides, inner: { color: GREEN } }, odd: [$id, { a: $sides }])
    }`,
    variables: [{ id: 1 }, { id: 'x', sides: 3, color: 'GREEN' }, { id: 'y', sides: null }],
  },
  'a variable that is null where an argument is not': {
    document:
      'query ($number: Int = 3, $id: ID = "d") { name echo(least: $number) need(id: $id) thing { echo(least: $number) } }',
    root: things,
    variables: [{ number: null }, {}, { id: null }, { number: 4, id: 5 }],
  },
  'literals as arguments': {
    document: `{ a: echo b: echo(text: null, number: 2, color: RED) c: echo(ids: ["a", 1]) d: echo(ids: 1, least: 9)
      e: echo(shape: { color: GREEN, sizes: [1, 2.5] }) f: echo(text: """block""", odd: { a: [1, ENUM, null] })
      need(id: 5) info(text: "x") things { echo(number: 7) method(text: "m") } }`,
    root: () => ({ things: [{}, { method: ({ text }: { text: string }) => text }] }),
  },
  'arguments that no validation has seen': {
    document: '{ name echo(number: "x") need thing { need echo(color: BLUE) name } }',
    root: things,
    isInvalid: true,
  },
  'fields and fragments that no validation has seen': {
    document: '{ unknown name ...Unknown ... on Nothing { id } thing { nothing name } }',
    root: things,
    isInvalid: true,
  },
  'the info of resolvers': {
    document: `query Q($text: String = "d", $if: Boolean!, $more: [ID!]) { a: info(text: $text) ...F thing { info }
      echo(ids: $more) things { infoRequired { b: info(text: "c") @include(if: $if) ...F info } } named { ... on Cat { thing { info } } } }
      fragment F on Named { ... on Query { info } ... on Thing { thing { info } } }`,
    root: () => ({ thing: {}, things: [{ thing: {} }, {}], named: { type: 'Cat', isCat: true, thing: {} } }),
    variables: [{ if: true }, { if: false, text: 'x', more: [1] }],
  },
  'resolvers of all lengths': {
    document: '{ without source args(text: "a") context all thing { without source args context all } }',
    root: things,
  },
  'methods and properties': {
    document: '{ method(text: "a") name id thing { number } }',
    root: () => ({
      count: 1,
      method(this: { count: number }, args: object, context: object, info: { fieldName: string }) {
        return `${this.count} ${JSON.stringify(args)} ${Object.keys(context).join()} ${info.fieldName}`
      },
      id: () => 5,
      get name() {
        return 'got'
      },
      thing: Object.assign(() => ({ number: 3 }), { number: 4 }),
    }),
  },
  'properties of what a method inherits': {
    document: '{ thing { name number } }',
    root: () => ({ thing: Object.create({ name: 'inherited', number: () => 1 }) }),
  },
  'properties of a function': {
    document: '{ thing { number } }',
    root: () => ({ thing: () => Object.assign(() => 1, { number: 4 }) }),
  },
  'a mutation, one field after another': {
    document: 'mutation { a: number b: number c: number thing { number size } size d: size }',
    root: serial,
  },
  'a query, all fields at once': {
    document: '{ a: number b: number c: number thing { number size } size d: size }',
    root: serial,
  },
  'a subscription, all fields at once': {
    document: 'subscription { a: number b: number thing { number size } }',
    root: serial,
    isInvalid: true,
  },
  'an item of a subscription': {
    document: 'subscription ($if: Boolean!) { named { __typename name @skip(if: $if) ... on Cat { lives } } }',
    root: () => ({ named: later({ type: 'Cat', isCat: true, lives: 9, name: 'Tom' }) }),
    variables: [{ if: true }, { if: false }],
  },
}
