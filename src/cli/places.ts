// The commands with which an operator says what rooms are found under.

import type { OperatorParts } from '../auth/operator.ts'
import { AppError } from '../errors.ts'
import {
  addCategory,
  addRegion,
  listAllRegions,
  listCategories,
  moveCategory,
  moveRegion,
  removeCategory,
  removeRegion,
  renameCategory,
  renameRegion,
} from '../rooms/places.ts'
import type { Action, Asked, Command } from './command.ts'
import { withDatabase } from './database.ts'

/** An action on the database. */
function on(work: (parts: OperatorParts, given: readonly string[], options: Asked['options']) => Promise<string>) {
  return ({ given, options }: Asked) => withDatabase((parts) => work(parts, given, options))
}

const categoryActions: Record<string, Action> = {
  list: {
    about: 'show all categories, in their order',
    run: on(async (parts) =>
      (await listCategories(parts)).map(({ slug, name }, index) => `${index + 1}  ${slug}  ${name}`).join('\n'),
    ),
  },
  add: {
    given: ['SLUG', 'NAME'],
    about: 'add a category at the end',
    run: on(async (parts, [slug = '', name = '']) => `Added ${(await addCategory(parts, { slug, name })).slug}.`),
  },
  rename: {
    given: ['SLUG', 'NAME'],
    about: 'give a category another name',
    run: on(async (parts, [slug = '', name = '']) => `Renamed ${(await renameCategory(parts, { slug, name })).slug}.`),
  },
  move: {
    given: ['SLUG', 'PLACE'],
    about: 'put a category at a place in the list, from 1 on',
    run: on(async (parts, [slug = '', place = '']) => {
      await moveCategory(parts, { slug, place: Number(place) })
      return `Moved ${slug}.`
    }),
  },
  remove: {
    given: ['SLUG'],
    about: 'remove a category; its rooms are then in none',
    run: on(async (parts, [slug = '']) => {
      await removeCategory(parts, slug)
      return `Removed ${slug}.`
    }),
  },
}

const regionActions: Record<string, Action> = {
  list: {
    options: { parent: { value: 'CODE', about: 'only what is in that one' } },
    about: 'show all regions, each below the one that it is a part of',
    run: on(async (parts, _, { parent = null }) => showRegions(await listAllRegions(parts), parent)),
  },
  add: {
    given: ['CODE', 'NAME'],
    options: { parent: { value: 'CODE', about: 'as a part of that one' } },
    about: 'add a region',
    run: on(
      async (parts, [code = '', name = ''], { parent = null }) =>
        `Added ${(await addRegion(parts, { code, name, parent })).code}.`,
    ),
  },
  rename: {
    given: ['CODE', 'NAME'],
    about: 'give a region another name',
    run: on(async (parts, [code = '', name = '']) => `Renamed ${(await renameRegion(parts, { code, name })).code}.`),
  },
  move: {
    given: ['CODE'],
    options: { parent: { value: 'CODE', about: 'into that one; without it to the top' } },
    about: 'make a region, with all inside it, a part of another, or of none',
    run: on(async (parts, [code = ''], { parent = null }) => {
      await moveRegion(parts, { code, parent })
      return `Moved ${code}.`
    }),
  },
  remove: {
    given: ['CODE'],
    about: 'remove a region that has none inside it; its rooms are then in none',
    run: on(async (parts, [code = '']) => {
      await removeRegion(parts, code)
      return `Removed ${code}.`
    }),
  },
}

/** Shows and changes the categories that rooms are found under. */
export const categoriesCommand: Command = { about: 'show and change the categories of rooms', actions: categoryActions }

/** Shows and changes the regions that rooms are found under. */
export const regionsCommand: Command = { about: 'show and change the regions of rooms', actions: regionActions }

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
