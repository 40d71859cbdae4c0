import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { MediaRef } from '../../media/schema.ts'
import { mediaByIds } from '../../media/service.ts'

builder.prismaObjectField('User', 'avatar', (t) =>
  t.field({
    type: MediaRef,
    nullable: true,
    description: 'The profile picture. Null when there is none, or when the account is deleted.',
    resolve: ({ avatarId, deletedAt }, _, context) =>
      avatarId && !deletedAt ? load(context, mediaByIds, avatarId) : null,
  }),
)
