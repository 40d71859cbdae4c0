import {
  addCategory,
  describeCategory,
  listCategories,
  moveCategory,
  removeCategory,
  renameCategory,
} from '../rooms/discovery/categories/service.ts'
import type { Action, Command } from './command.ts'
import { onDatabase } from './database.ts'

const categoryActions: Record<string, Action> = {
  list: {
    about: 'list all categories in order',
    run: onDatabase(async (parts) =>
      (await listCategories(parts)).map(({ slug, name }, index) => `${index + 1}  ${slug}  ${name}`).join('\n'),
    ),
  },
  add: {
    given: ['SLUG', 'NAME'],
    about: 'add a category at the end',
    run: onDatabase(
      async (parts, [slug = '', name = '']) => `Added ${(await addCategory(parts, { slug, name })).slug}.`,
    ),
  },
  rename: {
    given: ['SLUG', 'NAME'],
    about: 'rename a category',
    run: onDatabase(
      async (parts, [slug = '', name = '']) => `Renamed ${(await renameCategory(parts, { slug, name })).slug}.`,
    ),
  },
  describe: {
    given: ['SLUG', 'TEXT'],
    about: 'set the description of a category; an empty text removes it',
    run: onDatabase(
      async (parts, [slug = '', description = '']) =>
        `Described ${(await describeCategory(parts, { slug, description })).slug}.`,
    ),
  },
  move: {
    given: ['SLUG', 'POSITION'],
    about: 'move a category to a position in the list, counted from 1',
    run: onDatabase(async (parts, [slug = '', position = '']) => {
      await moveCategory(parts, { slug, position: Number(position) })
      return `Moved ${slug}.`
    }),
  },
  remove: {
    given: ['SLUG'],
    about: 'remove a category; its rooms then have none',
    run: onDatabase(async (parts, [slug = '']) => {
      await removeCategory(parts, slug)
      return `Removed ${slug}.`
    }),
  },
}

/** Lists and changes the categories of rooms. */
export const categoriesCommand: Command = { about: 'list and change the categories of rooms', actions: categoryActions }
