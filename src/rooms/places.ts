import { z } from 'zod'
import type { ServiceContext } from '../access/context.ts'
import { inOrder } from '../concurrency/loader.ts'
import { roomLimits } from '../config/rooms.ts'
import type { Db } from '../database/client.ts'
import { AppError, badInput } from '../errors.ts'
import type { Category, Region } from '../generated/prisma/client.ts'
import { parseInput } from '../input/parse.ts'
import { isStorable, nameText } from '../input/text.ts'

/** Lists all categories, by position and then by name. Anybody may ask. */
export function listCategories({ db }: { db: Db }): Promise<Category[]> {
  return db.category.findMany({ orderBy: [{ position: 'asc' }, { name: 'asc' }] })
}

/** Lists the regions that are part of no other, by name. Anybody may ask. */
export async function listRootRegions({ db }: ServiceContext): Promise<Region[]> {
  return byName(await db.region.findMany({ where: { parentId: null } }))
}

/** Lists the regions of all levels, by name. For the operator: there may be many. */
export async function listAllRegions({ db }: Parts): Promise<Region[]> {
  return byName(await db.region.findMany())
}

/** Loads categories by their ids, in their order; null for those that do not exist. */
export async function categoriesByIds({ db }: ServiceContext, ids: readonly string[]): Promise<(Category | null)[]> {
  const categories = await db.category.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, categories, (category) => category.id)
}

/** Loads regions by their ids, in their order; null for those that do not exist. */
export async function regionsByIds({ db }: ServiceContext, ids: readonly string[]): Promise<(Region | null)[]> {
  const regions = await db.region.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, regions, (region) => region.id)
}

/** Loads the children of regions, by name, in the order of the regions' ids. */
export async function childrenByRegionIds({ db }: ServiceContext, ids: readonly string[]): Promise<Region[][]> {
  const regions = byName(await db.region.findMany({ where: { parentId: { in: [...ids] } } }))
  return ids.map((id) => regions.filter((region) => region.parentId === id))
}

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is made of lower-case letters, digits and single hyphens')
const code = z.string().regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, 'is made of letters, digits and single hyphens')
const newCategory = z.object({
  slug: slug.max(roomLimits.slugLengthMax, `may have at most ${roomLimits.slugLengthMax} characters`),
  name: nameText(roomLimits.placeNameLengthMax),
})
const newRegion = z.object({
  code: code.max(roomLimits.regionCodeLengthMax, `may have at most ${roomLimits.regionCodeLengthMax} characters`),
  name: nameText(roomLimits.placeNameLengthMax),
})

/** What the operator's commands need: they run beside a server, and nobody is signed in. */
type Parts = Pick<ServiceContext, 'db'>

/**
 * Adds a category at the end of the list.
 *
 * @throws AppError BAD_USER_INPUT, CONFLICT when there is one with the slug, or too many.
 */
export async function addCategory({ db }: Parts, input: { slug: string; name: string }): Promise<Category> {
  const data = parseInput(newCategory, input)
  return db.$transaction(async (tx) => {
    if ((await tx.category.count()) >= roomLimits.categoriesMax) {
      throw new AppError('CONFLICT', `There are ${roomLimits.categoriesMax} categories, and may be no more.`)
    }
    const last = await tx.category.findFirst({ orderBy: { position: 'desc' } })
    const [category] = await tx.category.createManyAndReturn({
      data: [{ ...data, position: last ? last.position + 1 : 0 }],
      skipDuplicates: true,
    })
    if (!category) throw new AppError('CONFLICT', `There is a category "${data.slug}" already.`)
    return category
  })
}

/**
 * Gives a category another name; its slug stays.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT
 */
export async function renameCategory({ db }: Parts, given: { slug: string; name: string }): Promise<Category> {
  const { id } = await findCategory(db, given.slug)
  const { name } = parseInput(newCategory.pick({ name: true }), given)
  return db.category.update({ where: { id }, data: { name } })
}

/**
 * Puts a category at a place in the list, from 1 on; those behind it move.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT for a place that the list does not have.
 */
export async function moveCategory({ db }: Parts, { slug, place }: { slug: string; place: number }): Promise<void> {
  await db.$transaction(async (tx) => {
    const category = await findCategory(tx, slug)
    const others = (await listCategories({ db: tx })).filter(({ id }) => id !== category.id)
    if (!Number.isInteger(place) || place < 1 || place > others.length + 1) {
      throw badInput('place', `must be from 1 to ${others.length + 1}`)
    }
    const ordered = others.toSpliced(place - 1, 0, category)
    for (const [position, { id }] of ordered.entries()) await tx.category.update({ where: { id }, data: { position } })
  })
}

/**
 * Removes a category. Its rooms are then in none.
 *
 * @throws AppError NOT_FOUND
 */
export async function removeCategory({ db }: Parts, slug: string): Promise<void> {
  const { id } = await findCategory(db, slug)
  await db.category.delete({ where: { id } })
}

/**
 * Adds a region.
 *
 * @param parent the code of the region that it is a part of; null for a root.
 * @throws AppError BAD_USER_INPUT, NOT_FOUND for the parent, CONFLICT when there is one with the code,
 * or too many.
 */
export async function addRegion(
  { db }: Parts,
  { parent, ...input }: { code: string; name: string; parent: string | null },
): Promise<Region> {
  const data = parseInput(newRegion, input)
  const parentId = parent === null ? null : (await findRegion(db, parent)).id
  await assertSpace(db, parentId)
  const [region] = await db.region.createManyAndReturn({ data: [{ ...data, parentId }], skipDuplicates: true })
  if (!region) throw new AppError('CONFLICT', `There is a region "${data.code}" already.`)
  return region
}

/**
 * Gives a region another name; its code stays.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT
 */
export async function renameRegion({ db }: Parts, given: { code: string; name: string }): Promise<Region> {
  const { id } = await findRegion(db, given.code)
  const { name } = parseInput(newRegion.pick({ name: true }), given)
  return db.region.update({ where: { id }, data: { name } })
}

/**
 * Makes a region, with all inside it, a part of another.
 *
 * @param parent the code of the region that it is then a part of; null for a root.
 * @throws AppError NOT_FOUND for either, CONFLICT when the parent is the region or inside it, or has too many.
 */
export async function moveRegion({ db }: Parts, given: { code: string; parent: string | null }): Promise<void> {
  await db.$transaction(async (tx) => {
    // two moves at once could each be right, and together a circle
    await tx.$executeRaw`/* moveRegion */ lock table regions in share row exclusive mode`
    const { id, name, parentId: from } = await findRegion(tx, given.code)
    const parent = given.parent === null ? null : await findRegion(tx, given.parent)
    const parentId = parent?.id ?? null
    if (parentId === from) return
    for (let above = parent; above; above = await parentOf(tx, above)) {
      if (above.id === id) throw new AppError('CONFLICT', `${name} cannot be a part of itself. Nothing was moved.`)
    }
    await assertSpace(tx, parentId)
    await tx.region.update({ where: { id }, data: { parentId } })
  })
}

/**
 * Removes a region that holds no others. Its rooms are then in none.
 *
 * @throws AppError NOT_FOUND, CONFLICT when there are regions inside it.
 */
export async function removeRegion({ db }: Parts, regionCode: string): Promise<void> {
  const { id, name } = await findRegion(db, regionCode)
  const inside = await db.region.count({ where: { parentId: id } })
  if (inside > 0) {
    throw new AppError(
      'CONFLICT',
      `${name} has ${inside} region(s) inside it: remove those first. Nothing was removed.`,
    )
  }
  await db.region.delete({ where: { id } })
}

/** Asserts that there may be one more region inside another, or at the root. */
async function assertSpace(db: Db, parentId: string | null): Promise<void> {
  if ((await db.region.count({ where: { parentId } })) < roomLimits.regionsInsideMax) return
  throw new AppError('CONFLICT', `There are ${roomLimits.regionsInsideMax} regions here, and may be no more.`)
}

async function findCategory(db: Db, categorySlug: string): Promise<Category> {
  const category = isStorable(categorySlug) ? await db.category.findUnique({ where: { slug: categorySlug } }) : null
  if (!category) throw new AppError('NOT_FOUND', `There is no category "${categorySlug}".`)
  return category
}

async function findRegion(db: Db, regionCode: string): Promise<Region> {
  const region = isStorable(regionCode) ? await db.region.findUnique({ where: { code: regionCode } }) : null
  if (!region) throw new AppError('NOT_FOUND', `There is no region "${regionCode}".`)
  return region
}

async function parentOf(db: Db, { parentId }: Region): Promise<Region | null> {
  return parentId === null ? null : db.region.findUnique({ where: { id: parentId } })
}

const collator = new Intl.Collator('en')

/** In the order of the alphabet, which that of a database may not be: Åland stands under A. */
function byName(regions: readonly Region[]): Region[] {
  return regions.toSorted((a, b) => collator.compare(a.name, b.name))
}
