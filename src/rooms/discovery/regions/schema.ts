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
      description: 'Unique: of a country as in ISO 3166, of a continent as in UN M49, or of the operator’s own.',
    }),
    name: t.exposeString('name', {
      description: `The name to show: 1 to ${roomLimits.discoveryNameLengthMax} characters.`,
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

builder.prismaObjectField(RoomRef, 'region', (t) =>
  t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region that the room is listed under. Null when none was chosen.',
    resolve: ({ regionId }, _, context) => (regionId ? load(context, regionsByIds, regionId) : null),
  }),
)

builder.queryField('regions', (t) =>
  t.field({
    type: [RegionRef],
    description: 'The roots of the tree of regions, by name. Anybody may ask.',
    resolve: (_, __, context) => listRootRegions(context),
  }),
)
