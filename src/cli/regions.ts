import { AppError } from '../errors.ts'
import {
  addRegion,
  listAllRegions,
  moveRegion,
  removeRegion,
  renameRegion,
} from '../rooms/discovery/regions/service.ts'
import type { Action, Command } from './command.ts'
import { onDatabase } from './database.ts'

const regionActions: Record<string, Action> = {
  list: {
    options: { parent: { value: 'CODE', about: 'only regions inside this one' } },
    about: 'list all regions as a tree',
    run: onDatabase(async (parts, _, { parent = null }) => showRegions(await listAllRegions(parts), parent)),
  },
  add: {
    given: ['CODE', 'NAME'],
    options: { parent: { value: 'CODE', about: 'inside this region' } },
    about: 'add a region',
    run: onDatabase(
      async (parts, [code = '', name = ''], { parent = null }) =>
        `Added ${(await addRegion(parts, { code, name, parent })).code}.`,
    ),
  },
  rename: {
    given: ['CODE', 'NAME'],
    about: 'rename a region',
    run: onDatabase(
      async (parts, [code = '', name = '']) => `Renamed ${(await renameRegion(parts, { code, name })).code}.`,
    ),
  },
  move: {
    given: ['CODE'],
    options: { parent: { value: 'CODE', about: 'into this region; without it, to the top level' } },
    about: 'move a region, with all regions inside it',
    run: onDatabase(async (parts, [code = ''], { parent = null }) => {
      await moveRegion(parts, { code, parent })
      return `Moved ${code}.`
    }),
  },
  remove: {
    given: ['CODE'],
    about: 'remove a region without regions inside it; its rooms then have none',
    run: onDatabase(async (parts, [code = '']) => {
      await removeRegion(parts, code)
      return `Removed ${code}.`
    }),
  },
}

/** Lists and changes the regions of rooms. */
export const regionsCommand: Command = { about: 'list and change the regions of rooms', actions: regionActions }

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
