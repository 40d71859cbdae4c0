// Asks for single fields of objects, those that are refused each on its own.

import { fieldsOf, select } from './documents.ts'
import type { Actor } from './rules.ts'
import { fill, type Shape } from './types.ts'
import type { World } from './world.ts'

/** The fields of a line of the table, by their names and arguments. */
export const wordsOf = (words: string) =>
  words.split(' ').map((word) => ({ name: word.replace('?', ''), mayBeNull: word.endsWith('?') }))

/** A question about one object. */
export interface Question {
  type: string
  shape: Shape
  world: World
  actor: Actor
  words: string
  isRefused: boolean
}

/** So many refused fields are asked for side by side: an operation has bounds. */
const sideBySide = 20

/** Asks for fields of an object, and says what each came to. */
export async function askFields(question: Question) {
  const fields = wordsOf(question.words)
  const groups = question.isRefused ? fields.map((field) => [field]) : [fields]
  const outcomes: (Field & { outcome: string })[] = []
  for (let start = 0; start < groups.length; start += sideBySide) {
    outcomes.push(...(await askGroups(question, groups.slice(start, start + sideBySide))))
  }
  return outcomes
}

type Field = ReturnType<typeof wordsOf>[number]

async function askGroups({ type, shape, world, actor }: Question, groups: readonly Field[][]) {
  const selections = groups.map((group, index) => {
    const text = group.map(({ name }) => selectionOf(type, name)).join(' ')
    return `group${index}: ${fill(shape.query, world, text)}`
  })
  const { data, errors } = await world.cast[actor].attempt(`{ ${selections.join(' ')} }`)
  return groups.flatMap((group, index) => {
    const error = errors?.find(({ path }) => !path || path[0] === `group${index}`)
    const object = error ? null : shape.pick(data?.[`group${index}`], world)
    return group.map((field) => {
      if (error) return { ...field, outcome: String(error.extensions.code) }
      const value = typeof object === 'object' && object !== null ? Reflect.get(object, field.name) : object
      return { ...field, outcome: value === undefined ? 'missing' : value === null ? 'null' : 'allowed' }
    })
  })
}

function selectionOf(type: string, name: string): string {
  const field = fieldsOf(type)[name]
  if (!field) throw new Error(`there is no ${type}.${name}`)
  return select(field)
}
