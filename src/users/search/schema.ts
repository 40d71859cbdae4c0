import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { UserConnection } from '../schema.ts'
import { searchUsers } from './service.ts'

builder.queryFields((t) => ({
  users: t.field(
    pagedField({
      type: UserConnection,
      description:
        'All registered users, in order of username, without users that the viewer has blocked or is blocked by.',
      codes: ['UNAUTHENTICATED'],
      args: {
        search: t.arg.string({
          description: `A part of the username or of the display name, at most ${limits.displayNameLengthMax} characters; one or two characters match the beginnings of words; case, accents and width do not matter. The user with exactly this username comes first. When no name contains it, users with similar display names are returned, the most similar first, so that typing errors are tolerated. Everybody when blank or omitted.`,
        }),
      },
      read: (_, { search, keyset, take }, context) => searchUsers(context, { search, keyset, take }),
      edgeOf: (user) => ({ keys: user.keys, node: user }),
    }),
  ),
}))
