import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseIds } from '../../input/ids.ts'
import { MessageConnection, rememberAuthors } from '../schema.ts'
import { searchMessages } from './service.ts'

const MessagePartRef = builder.enumType('MessagePart', {
  description: 'A part that a message can have beside its words.',
  values: {
    LINK: { description: 'A link to a web page in its body.' },
    FILE: { description: 'An attachment of any kind.' },
    IMAGE: { description: 'An attached picture.' },
  } as const,
})

const SearchMessagesFilter = builder.inputType('SearchMessagesFilter', {
  description: 'Filters the messages that searchMessages finds. All given conditions must hold.',
  fields: (t) => ({
    authorId: t.id({ description: 'The author.' }),
    sentBefore: t.field({ type: 'DateTime', description: 'Sent before this time.' }),
    sentAfter: t.field({ type: 'DateTime', description: 'Sent at this time or later.' }),
    has: t.field({ type: [MessagePartRef], description: 'The parts that the message has: all of them.' }),
    mentionsViewer: t.boolean({ description: 'Only messages that mention the viewer, when true.' }),
  }),
})

builder.queryField('searchMessages', (t) =>
  t.field(
    pagedField({
      type: MessageConnection,
      description: `Searches the messages of the viewer’s rooms for all words of a query, newest first: in their bodies and the names of their attachments. Case, accents and width do not matter. The last word also matches a beginning of two or more letters: \`conf\` finds “conference”. Supports \`"an exact phrase"\`, \`or\` and \`-excluded\`. In scripts without spaces any part of a text matches, and words without spaces between them, such as those of a link, match in a row. Excludes deleted messages and those by authors whom the viewer has blocked. A page that would have to scan very many messages ends early: it has fewer messages than requested, or none, while \`hasNextPage\` is true; continue after \`endCursor\`.`,
      codes: ['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'RATE_LIMITED'],
      args: {
        query: t.arg.string({
          required: true,
          description: `Up to ${limits.searchLengthMax} characters. Blank only with a condition in \`filter\`.`,
        }),
        roomId: t.arg.id({
          description: `The room to search. When omitted, the ${limits.searchedRoomsMax} most recently active rooms of the viewer.`,
        }),
        filter: t.arg({ type: SearchMessagesFilter, description: 'Filters the messages; all when omitted.' }),
      },
      read: async (_, { query, roomId, filter, take, keyset }, context) => {
        const {
          authorId,
          sentBefore = null,
          sentAfter = null,
          has,
          mentionsViewer,
        } = parseIds(filter ?? {}, { authorId: 'User' }, 'filter')
        const { found, stoppedAt } = await searchMessages(context, {
          ...{ query, sentBefore, sentAfter },
          roomId: parseIds({ roomId }, { roomId: 'Room' }).roomId ?? null,
          authorId: authorId ?? null,
          has: has ?? [],
          mentionsViewer: mentionsViewer ?? false,
          keyset,
          take,
        })
        const messages = rememberAuthors(context, found)
        const rows = messages.map((message) => ({ keys: [roomId ? message.number : message.id], node: message }))
        return { rows, ...(stoppedAt !== null && { stoppedAt: [stoppedAt] }) }
      },
      edgeOf: (edge) => edge,
    }),
  ),
)
