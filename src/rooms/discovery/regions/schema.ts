import { roomLimits } from '../../../config/rooms.ts'
import { builder } from '../../../graphql/builder.ts'
import { load } from '../../../graphql/loaders.ts'
import { formatId } from '../../../input/ids.ts'
import { RoomRef } from '../../schema.ts'
import { childrenByRegionIds, listRootRegions, regionsByIds } from './service.ts'

const RegionRef = builder.prismaObject('Region', {
  description: 'A part of the world. Regions form a tree, at first of continents and countries.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `region_…`.', resolve: ({ id }) => formatId('Region', id) }),
    code: t.exposeString('code', {
      description: 'A unique code: ISO 3166 for countries, UN M49 for continents, or one chosen by the operator.',
    }),
    name: t.exposeString('name', {
      description: `The display name: 1 to ${roomLimits.discoveryNameLengthMax} characters.`,
    }),
  }),
})

builder.prismaObjectFields(RegionRef, (t) => ({
  parent: t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region that contains it. Null for a root.',
    resolve: ({ parentId }, _, context) => (parentId ? load(context, regionsByIds, parentId) : null),
  }),
  children: t.field({
    type: [RegionRef],
    description: 'The regions directly inside it, by name.',
    resolve: ({ id }, _, context) => load(context, childrenByRegionIds, id),
  }),
}))

builder.prismaObjectField(RoomRef, 'region', (t) =>
  t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region of the room. Null when it has none.',
    resolve: ({ regionId }, _, context) => (regionId ? load(context, regionsByIds, regionId) : null),
  }),
)

builder.queryField('regions', (t) =>
  t.field({
    type: [RegionRef],
    description: 'The roots of the tree of regions, by name. Needs no sign-in.',
    resolve: (_, __, context) => listRootRegions(context),
  }),
)
