import { roomLimits } from '../../../config/rooms.ts'
import { builder } from '../../../graphql/builder.ts'
import { load } from '../../../graphql/loaders.ts'
import { formatId } from '../../../input/ids.ts'
import { RoomRef } from '../../schema.ts'
import { categoriesByIds, listCategories } from './service.ts'

const CategoryRef = builder.prismaObject('Category', {
  description: 'A subject of rooms. The operator of the server defines the categories.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `cat_…`.', resolve: ({ id }) => formatId('Category', id) }),
    slug: t.exposeString('slug', { description: 'A unique name for URLs: lower-case letters, digits, hyphens.' }),
    name: t.exposeString('name', {
      description: `The display name: 1 to ${roomLimits.discoveryNameLengthMax} characters.`,
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: `A sentence about it: at most ${roomLimits.categoryDescriptionLengthMax} characters. Null when it has none.`,
    }),
    position: t.exposeInt('position', { description: 'Its position in the list, lowest first.' }),
  }),
})

builder.prismaObjectField(RoomRef, 'category', (t) =>
  t.field({
    type: CategoryRef,
    nullable: true,
    description: 'The category of the room. Null when it has none.',
    resolve: ({ categoryId }, _, context) => (categoryId ? load(context, categoriesByIds, categoryId) : null),
  }),
)

builder.queryField('categories', (t) =>
  t.field({
    type: [CategoryRef],
    description: 'All categories of rooms, by position and then by name. Needs no sign-in.',
    resolve: (_, __, context) => listCategories(context),
  }),
)
