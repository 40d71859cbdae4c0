import { z } from 'zod'
import type { ServiceContext } from '../../../access/context.ts'
import { inOrder } from '../../../concurrency/loader.ts'
import { roomLimits } from '../../../config/rooms.ts'
import type { Db } from '../../../database/client.ts'
import { AppError } from '../../../errors.ts'
import type { Region } from '../../../generated/prisma/client.ts'
import { parseInput } from '../../../input/parse.ts'
import { isStorable, nameText } from '../../../input/text.ts'

/** Lists the root regions, by name. Needs no sign-in. */
export async function listRootRegions({ db }: ServiceContext): Promise<Region[]> {
  return byName(await db.region.findMany({ where: { parentId: null } }))
}

/** Lists the regions of all levels, by name. For the operator: there may be many. */
export async function listAllRegions({ db }: Parts): Promise<Region[]> {
  return byName(await db.region.findMany())
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

const code = z.string().regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, 'is made of letters, digits and single hyphens')
const newRegion = z.object({
  code: code.max(roomLimits.regionCodeLengthMax, `may have at most ${roomLimits.regionCodeLengthMax} characters`),
  name: nameText(roomLimits.discoveryNameLengthMax),
})

/** The parts that the operator's commands have: they run beside a server, without a signed-in user. */
type Parts = Pick<ServiceContext, 'db'>

/**
 * Adds a region.
 *
 * @param parent the code of the region that contains it; null for a root.
 * @throws AppError BAD_USER_INPUT, NOT_FOUND for the parent, CONFLICT when the code is taken
 * or there are too many.
 */
export async function addRegion(
  { db }: Parts,
  { parent, ...input }: { code: string; name: string; parent: string | null },
): Promise<Region> {
  const data = parseInput(newRegion, input)
  const parentId = parent === null ? null : (await findRegion(db, parent)).id
  await assertSpace(db, parentId)
  const [region] = await db.region.createManyAndReturn({ data: [{ ...data, parentId }], skipDuplicates: true })
  if (!region) throw new AppError('CONFLICT', `There is already a region "${data.code}".`)
  return region
}

/**
 * Renames a region; its code stays.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT
 */
export async function renameRegion({ db }: Parts, given: { code: string; name: string }): Promise<Region> {
  const { id } = await findRegion(db, given.code)
  const { name } = parseInput(newRegion.pick({ name: true }), given)
  return db.region.update({ where: { id }, data: { name } })
}

/**
 * Moves a region, with all regions inside it, into another.
 *
 * @param parent the code of the region that then contains it; null for a root.
 * @throws AppError NOT_FOUND for either, CONFLICT when the parent is the region or inside it, or has too many.
 */
export async function moveRegion({ db }: Parts, given: { code: string; parent: string | null }): Promise<void> {
  await db.$transaction(async (tx) => {
    // two concurrent moves could each be valid and together form a cycle
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
 * Removes a region without regions inside it. Its rooms then have none.
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

/** Asserts that another region fits inside a region, or at the root. */
async function assertSpace(db: Db, parentId: string | null): Promise<void> {
  if ((await db.region.count({ where: { parentId } })) < roomLimits.regionsInsideMax) return
  throw new AppError('CONFLICT', `There are already ${roomLimits.regionsInsideMax} regions here, which is the maximum.`)
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

/** Sorts regions alphabetically, which the collation of a database may not do: Åland is sorted under A. */
function byName(regions: readonly Region[]): Region[] {
  return regions.toSorted((a, b) => collator.compare(a.name, b.name))
}
