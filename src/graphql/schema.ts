import { lexicographicSortSchema, printSchema as print } from 'graphql'
import { builder } from './builder.ts'
import './scalars.ts'
import './events.ts'
import '../users/schema.ts'
import '../auth/schema.ts'
import '../auth/events.ts'
import '../friends/schema.ts'
import '../friends/blocks-schema.ts'
import '../friends/events.ts'
import '../rooms/schema.ts'
import '../rooms/deletion-schema.ts'
import '../rooms/permissions-schema.ts'
import '../rooms/settings-schema.ts'
import '../rooms/places-schema.ts'
import '../rooms/events.ts'
import '../membership/schema.ts'
import '../membership/bans-schema.ts'
import '../membership/mutes-schema.ts'
import '../membership/roles-schema.ts'
import '../membership/events.ts'
import '../media/schema.ts'
import '../messages/schema.ts'
import '../messages/attachments-schema.ts'
import '../messages/sending-schema.ts'
import '../messages/edits-schema.ts'
import '../messages/mentions-schema.ts'
import '../messages/replies-schema.ts'
import '../messages/reactions-schema.ts'
import '../messages/pins-schema.ts'
import '../messages/reports-schema.ts'
import '../messages/search-schema.ts'
import '../messages/events.ts'
import '../presence/typing-schema.ts'
import './node.ts'
import './server-info.ts'

/** The whole schema, made of what the features have added to the builder. */
export const schema = builder.toSchema()

/** Prints the schema as it stands in `schema.graphql`. Sorted, so that a change shows as a small difference. */
export function printSchema(): string {
  return `${print(lexicographicSortSchema(schema))}\n`
}
