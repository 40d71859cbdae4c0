import { z } from 'zod'
import type { ServiceContext } from '../../../access/context.ts'
import { inOrder } from '../../../concurrency/loader.ts'
import { roomLimits } from '../../../config/rooms.ts'
import type { Db } from '../../../database/client.ts'
import { AppError, badInput } from '../../../errors.ts'
import type { Category } from '../../../generated/prisma/client.ts'
import { parseInput } from '../../../input/parse.ts'
import { isStorable, nameText, optionalText } from '../../../input/text.ts'

/** Lists all categories, by position and then by name. Needs no sign-in. */
export function listCategories({ db }: { db: Db }): Promise<Category[]> {
  return db.category.findMany({ orderBy: [{ position: 'asc' }, { name: 'asc' }] })
}

/** Loads categories by their ids, in their order; null for those that do not exist. */
export async function categoriesByIds({ db }: ServiceContext, ids: readonly string[]): Promise<(Category | null)[]> {
  const categories = await db.category.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, categories, (category) => category.id)
}

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is made of lower-case letters, digits and single hyphens')
const newCategory = z.object({
  slug: slug.max(roomLimits.slugLengthMax, `may have at most ${roomLimits.slugLengthMax} characters`),
  name: nameText(roomLimits.discoveryNameLengthMax),
})

const categoryDescription = z.object({ description: optionalText(roomLimits.categoryDescriptionLengthMax) })

/** The parts that the operator's commands have: they run beside a server, without a signed-in user. */
type Parts = Pick<ServiceContext, 'db'>

/**
 * Adds a category at the end of the list.
 *
 * @throws AppError BAD_USER_INPUT, CONFLICT when the slug is taken or there are too many.
 */
export async function addCategory({ db }: Parts, input: { slug: string; name: string }): Promise<Category> {
  const data = parseInput(newCategory, input)
  return db.$transaction(async (tx) => {
    if ((await tx.category.count()) >= roomLimits.categoriesMax) {
      throw new AppError('CONFLICT', `There are already ${roomLimits.categoriesMax} categories, which is the maximum.`)
    }
    const last = await tx.category.findFirst({ orderBy: { position: 'desc' } })
    const [category] = await tx.category.createManyAndReturn({
      data: [{ ...data, position: last ? last.position + 1 : 0 }],
      skipDuplicates: true,
    })
    if (!category) throw new AppError('CONFLICT', `There is already a category "${data.slug}".`)
    return category
  })
}

/**
 * Renames a category; its slug stays.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT
 */
export async function renameCategory({ db }: Parts, given: { slug: string; name: string }): Promise<Category> {
  const { id } = await findCategory(db, given.slug)
  const { name } = parseInput(newCategory.pick({ name: true }), given)
  return db.category.update({ where: { id }, data: { name } })
}

/**
 * Changes the description of a category. A blank one removes it.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT
 */
export async function describeCategory({ db }: Parts, given: { slug: string; description: string }): Promise<Category> {
  const { id } = await findCategory(db, given.slug)
  const { description } = parseInput(categoryDescription, given)
  return db.category.update({ where: { id }, data: { description } })
}

/**
 * Moves a category to a position in the list, counted from 1.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT for a position outside the list.
 */
export async function moveCategory(
  { db }: Parts,
  { slug, position }: { slug: string; position: number },
): Promise<void> {
  await db.$transaction(async (tx) => {
    const category = await findCategory(tx, slug)
    const others = (await listCategories({ db: tx })).filter(({ id }) => id !== category.id)
    if (!Number.isInteger(position) || position < 1 || position > others.length + 1) {
      throw badInput('position', `must be from 1 to ${others.length + 1}`)
    }
    const ordered = others.toSpliced(position - 1, 0, category)
    for (const [index, { id }] of ordered.entries())
      await tx.category.update({ where: { id }, data: { position: index } })
  })
}

/**
 * Removes a category. Its rooms then have none.
 *
 * @throws AppError NOT_FOUND
 */
export async function removeCategory({ db }: Parts, slug: string): Promise<void> {
  const { id } = await findCategory(db, slug)
  await db.category.delete({ where: { id } })
}

async function findCategory(db: Db, categorySlug: string): Promise<Category> {
  const category = isStorable(categorySlug) ? await db.category.findUnique({ where: { slug: categorySlug } }) : null
  if (!category) throw new AppError('NOT_FOUND', `There is no category "${categorySlug}".`)
  return category
}
