import type { ServiceContext } from '../access/context.ts'
import type { Category, Region } from '../generated/prisma/client.ts'

/** Lists all categories, by position and then by name. Anybody may ask. */
export function listCategories({ db }: ServiceContext): Promise<Category[]> {
  return db.category.findMany({ orderBy: [{ position: 'asc' }, { name: 'asc' }] })
}

/** Lists the regions that are part of no other, by name. Anybody may ask. */
export async function listRootRegions({ db }: ServiceContext): Promise<Region[]> {
  return byName(await db.region.findMany({ where: { parentId: null } }))
}

/** Loads categories by their ids, in their order; null for those that do not exist. */
export async function categoriesByIds({ db }: ServiceContext, ids: readonly string[]): Promise<(Category | null)[]> {
  const categories = await db.category.findMany({ where: { id: { in: [...ids] } } })
  const byId = new Map(categories.map((category) => [category.id, category]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** Loads regions by their ids, in their order; null for those that do not exist. */
export async function regionsByIds({ db }: ServiceContext, ids: readonly string[]): Promise<(Region | null)[]> {
  const regions = await db.region.findMany({ where: { id: { in: [...ids] } } })
  const byId = new Map(regions.map((region) => [region.id, region]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** Loads the children of regions, by name, in the order of the regions' ids. */
export async function childrenByRegionIds({ db }: ServiceContext, ids: readonly string[]): Promise<Region[][]> {
  const regions = byName(await db.region.findMany({ where: { parentId: { in: [...ids] } } }))
  return ids.map((id) => regions.filter((region) => region.parentId === id))
}

const collator = new Intl.Collator('en')

/** In the order of the alphabet, which that of a database may not be: Åland stands under A. */
function byName(regions: readonly Region[]): Region[] {
  return regions.toSorted((a, b) => collator.compare(a.name, b.name))
}
