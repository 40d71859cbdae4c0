import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, parsePage, toPage } from '../../graphql/pages.ts'
import { parseId } from '../../input/ids.ts'
import { MessageConnection, rememberAuthors } from '../schema.ts'
import { searchMessages } from './service.ts'

builder.queryField('searchMessages', (t) =>
  t.field({
    type: MessageConnection,
    description: `Searches the messages of the viewer’s rooms for all words of a query, newest first. Supports \`"an exact phrase"\`, \`or\` and \`-excluded\`; in scripts without spaces any part of a text matches. Excludes deleted messages and those by authors whom the viewer has blocked. A page that would have to scan very many messages ends early: it has fewer messages than requested, or none, while \`hasNextPage\` is true; continue after \`endCursor\`. Errors: UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, RATE_LIMITED.`,
    args: {
      query: t.arg.string({ required: true, description: `1 to ${limits.searchLengthMax} characters, not blank.` }),
      roomId: t.arg.id({
        description: `The room to search. When omitted, the ${limits.searchedRoomsMax} most recently active rooms of the viewer.`,
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
