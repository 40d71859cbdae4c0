import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, parsePage, toPage } from '../../graphql/pages.ts'
import { parseId } from '../../input/ids.ts'
import { MessageConnection, rememberAuthors } from '../schema.ts'
import { searchMessages } from './service.ts'

builder.queryField('searchMessages', (t) =>
  t.field({
    type: MessageConnection,
    description: `Messages of the viewer’s rooms that hold all words of a query, the newest first. \`"in a row"\`, \`or\` and \`-without\` are understood; in scripts without spaces every part of a text is found. Neither deleted messages nor those of authors whom the viewer has blocked. A page that would have to pass very many other messages ends early: it has fewer messages than asked for, or none, while \`hasNextPage\` is true, and \`endCursor\` leads on. Errors: UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, RATE_LIMITED.`,
    args: {
      query: t.arg.string({ required: true, description: `1 to ${limits.searchLengthMax} characters, not blank.` }),
      roomId: t.arg.id({
        description: `Only in this room. In all rooms of the viewer when not given: the ${limits.searchedRoomsMax} most recently active.`,
      }),
      ...forwardArgs(),
    },
    resolve: async (_, { query, roomId, first, after }, context) => {
      const page = parsePage({ first, after })
      const { found, stoppedAt } = await searchMessages(context, {
        query,
        roomId: roomId ? parseId('Room', roomId, 'roomId') : null,
        keyset: page.keyset,
        take: page.take + 1,
      })
      return toPage(page, rememberAuthors(context, found), {
        keysOf: (message) => [roomId ? message.number : message.id],
        nodeOf: (message) => message,
        ...(stoppedAt !== null && { stoppedAt: [stoppedAt] }),
      })
    },
  }),
)
