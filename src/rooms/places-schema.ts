import { roomLimits } from '../config/rooms.ts'
import { builder } from '../graphql/builder.ts'
import { load } from '../graphql/loaders.ts'
import { formatId } from '../input/ids.ts'
import { categoriesByIds, childrenByRegionIds, listCategories, listRootRegions, regionsByIds } from './places.ts'
import { RoomRef } from './schema.ts'

const CategoryRef = builder.prismaObject('Category', {
  description: 'What rooms are about. The operator of the server says which there are.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `cat_…`.', resolve: ({ id }) => formatId('Category', id) }),
    slug: t.exposeString('slug', { description: 'A unique name for addresses: lower-case letters, digits, hyphens.' }),
    name: t.exposeString('name', {
      description: `The name to show: 1 to ${roomLimits.placeNameLengthMax} characters.`,
    }),
    position: t.exposeInt('position', { description: 'Its place in the list, lowest first.' }),
  }),
})

const RegionRef = builder.prismaObject('Region', {
  description: 'A part of the world. Regions form a tree, at first of continents and countries.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `region_…`.', resolve: ({ id }) => formatId('Region', id) }),
    code: t.exposeString('code', {
      description: 'Unique: of a country as in ISO 3166, of a continent as in UN M49, or of the operator’s own.',
    }),
    name: t.exposeString('name', {
      description: `The name to show: 1 to ${roomLimits.placeNameLengthMax} characters.`,
    }),
  }),
})

builder.prismaObjectFields(RegionRef, (t) => ({
  parent: t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region that it is a part of. Null for a root.',
    resolve: ({ parentId }, _, context) => (parentId ? load(context, regionsByIds, parentId) : null),
  }),
  children: t.field({
    type: [RegionRef],
    description: 'The regions that are directly a part of it, by name.',
    resolve: ({ id }, _, context) => load(context, childrenByRegionIds, id),
  }),
}))

builder.prismaObjectFields(RoomRef, (t) => ({
  category: t.field({
    type: CategoryRef,
    nullable: true,
    description: 'The category that it is found under. Null when nobody said.',
    resolve: ({ categoryId }, _, context) => (categoryId ? load(context, categoriesByIds, categoryId) : null),
  }),
  region: t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region that it is found under. Null when nobody said.',
    resolve: ({ regionId }, _, context) => (regionId ? load(context, regionsByIds, regionId) : null),
  }),
}))

builder.queryFields((t) => ({
  categories: t.field({
    type: [CategoryRef],
    description: 'All categories of rooms, by position and then by name. Anybody may ask.',
    resolve: (_, __, context) => listCategories(context),
  }),
  regions: t.field({
    type: [RegionRef],
    description: 'The roots of the tree of regions, by name. Anybody may ask.',
    resolve: (_, __, context) => listRootRegions(context),
  }),
}))
