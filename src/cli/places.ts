// The commands with which an operator says what rooms are found under.

import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { AppError } from '../errors.ts'
import type { ServerParts } from '../graphql/context.ts'
import {
  addCategory,
  addRegion,
  listAllRegions,
  listCategories,
  moveCategory,
  removeCategory,
  removeRegion,
  renameCategory,
  renameRegion,
} from '../rooms/places.ts'
import { startServer } from '../server.ts'

/** One thing that a command does: what it is given, and what it prints. */
interface Action {
  /** The names of its arguments, in order. */
  readonly given: readonly string[]
  readonly about: string
  run(parts: ServerParts, given: readonly string[], options: Options): Promise<string>
}

interface Options {
  readonly parent: string | null
}

const categoryActions: Record<string, Action> = {
  list: {
    given: [],
    about: 'show all, in their order',
    run: async (parts) =>
      (await listCategories(parts)).map(({ slug, name }, index) => `${index + 1}  ${slug}  ${name}`).join('\n'),
  },
  add: {
    given: ['SLUG', 'NAME'],
    about: 'add one at the end',
    run: async (parts, [slug = '', name = '']) => `Added ${(await addCategory(parts, { slug, name })).slug}.`,
  },
  rename: {
    given: ['SLUG', 'NAME'],
    about: 'give one another name',
    run: async (parts, [slug = '', name = '']) => `Renamed ${(await renameCategory(parts, { slug, name })).slug}.`,
  },
  move: {
    given: ['SLUG', 'PLACE'],
    about: 'put one at a place in the list, from 1 on',
    async run(parts, [slug = '', place = '']) {
      await moveCategory(parts, { slug, place: Number(place) })
      return `Moved ${slug}.`
    },
  },
  remove: {
    given: ['SLUG'],
    about: 'remove one; its rooms are then in none',
    async run(parts, [slug = '']) {
      await removeCategory(parts, slug)
      return `Removed ${slug}.`
    },
  },
}

const regionActions: Record<string, Action> = {
  list: {
    given: [],
    about: 'show all, each below the one that it is a part of (--parent CODE: only what is in that one)',
    run: async (parts, _, { parent }) => showRegions(await listAllRegions(parts), parent),
  },
  add: {
    given: ['CODE', 'NAME'],
    about: 'add one (--parent CODE: as a part of that one)',
    run: async (parts, [code = '', name = ''], options) =>
      `Added ${(await addRegion(parts, { code, name, ...options })).code}.`,
  },
  rename: {
    given: ['CODE', 'NAME'],
    about: 'give one another name',
    run: async (parts, [code = '', name = '']) => `Renamed ${(await renameRegion(parts, { code, name })).code}.`,
  },
  remove: {
    given: ['CODE'],
    about: 'remove one that has none inside it; its rooms are then in none',
    async run(parts, [code = '']) {
      await removeRegion(parts, code)
      return `Removed ${code}.`
    },
  },
}

/** Shows and changes the categories that rooms are found under. */
export const categoriesCommand = {
  about: 'show and change the categories of rooms',
  run: (args: readonly string[]) => runAction('categories', categoryActions, args),
}

/** Shows and changes the regions that rooms are found under. */
export const regionsCommand = {
  about: 'show and change the regions of rooms',
  run: (args: readonly string[]) => runAction('regions', regionActions, args),
}

async function runAction(command: string, actions: Record<string, Action>, args: readonly string[]): Promise<number> {
  const usage = usageOf(command, actions)
  const asked = readArguments(args, actions)
  if (asked === '') {
    console.log(usage)
    return 0
  }
  if (typeof asked === 'string') {
    console.error(`${asked}\n\n${usage}`)
    return 2
  }
  const server = await startServer({ ...readConfig(), host: '127.0.0.1', port: 0 })
  try {
    console.log(await asked.action.run(server.parts, asked.given, asked.options))
    return 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    console.error(error.message)
    return 1
  } finally {
    await server.close()
  }
}

interface Asked {
  action: Action
  given: readonly string[]
  options: Options
}

/** Reads what is asked. Gives a sentence about what is wrong instead, empty when only help is wanted. */
function readArguments(args: readonly string[], actions: Record<string, Action>): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, parent: { type: 'string' } },
    })
    if (values.help) return ''
    if (values.parent !== undefined && actions === categoryActions) return 'Categories are not part of one another.'
    const [name = '', ...given] = positionals
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (!action) return name ? `There is no "${name}" here.` : 'Say what to do.'
    if (given.length !== action.given.length) {
      return `"${name}" takes ${action.given.join(' and ') || 'nothing'}: put a name of several words in quotes.`
    }
    return { action, given, options: { parent: values.parent ?? null } }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function usageOf(command: string, actions: Record<string, Action>): string {
  const lines = Object.entries(actions).map(
    ([name, { given, about }]) => `  ${[name, ...given].join(' ').padEnd(20)}${about}`,
  )
  return `Usage: npm run kabar -- ${command} ACTION\n\n${lines.join('\n')}`
}

interface ShownRegion {
  id: string
  code: string
  name: string
  parentId: string | null
}

function showRegions(regions: readonly ShownRegion[], parent: string | null): string {
  const top = parent === null ? null : regions.find(({ code }) => code === parent)
  if (top === undefined) throw new AppError('NOT_FOUND', `There is no region "${parent}".`)
  const byParent = Map.groupBy(regions, ({ parentId }) => parentId)
  const show = (id: string | null, depth: number): string[] =>
    (byParent.get(id) ?? []).flatMap(({ id, code, name }) => [
      `${'  '.repeat(depth)}${code}  ${name}`,
      ...show(id, depth + 1),
    ])
  return show(top?.id ?? null, 0).join('\n')
}
