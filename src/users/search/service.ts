import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma, tolerateTypingErrors } from '../../database/sql.ts'
import { parseInput } from '../../input/parse.ts'
import { isStorable, searchText } from '../../input/text.ts'
import type { PublicUser } from '../queries.ts'
import { readAlikeUsers, registeredUsersStatement } from './queries.ts'

/** The minimum length of similarity search: shorter texts are similar to too many names. */
const alikeLengthMin = 3

const storable = z.string().refine(isStorable)

const searchInput = z.object({
  search: searchText(limits.displayNameLengthMax).nullish(),
  keyset: z
    .union([z.tuple([storable]), z.tuple([storable, z.coerce.number().pipe(z.int32())])], {
      error: 'is not a cursor of this connection',
    })
    .nullable(),
})

/** Parameters of `searchUsers`. */
export interface UserSearch {
  /** A part of a name; one or two characters match the beginning of a word. Everybody when blank. */
  search?: string | null | undefined
  /** The keys of the user to begin after: see `FoundUser`. */
  keyset: readonly string[] | null
  /** The maximum number of users. */
  take: number
}

/** A user of a search result, with the keys of their cursor. */
export interface FoundUser extends PublicUser {
  readonly keys: readonly (string | number)[]
}

/**
 * Searches the registered users.
 *
 * Leaves out users with a block between them and the viewer.
 *
 * @returns the users in order of username, an exact username first. When no name contains the text, users with similar
 * display names, the most similar first.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function searchUsers(context: ServiceContext, { take, ...input }: UserSearch): Promise<FoundUser[]> {
  const { userId: viewerId } = assertSignedIn(context)
  const parsed = parseInput(searchInput, input)
  const search = parsed.search || null
  const [after = null, distance] = parsed.keyset ?? []
  if (distance === undefined) {
    const users = await context.sql<PublicUser>(registeredUsersStatement({ viewerId, search, after, take }))
    // the exact match comes first out of order: the list goes on from its beginning
    const keysetOf = ({ username }: PublicUser) =>
      search !== null && username === search.toLowerCase() ? '' : (username ?? '')
    const isAnswered = users.length > 0 || after !== null || search === null || [...search].length < alikeLengthMin
    if (isAnswered) return users.map((user) => ({ ...user, keys: [keysetOf(user)] }))
  }
  if (search === null) return []
  const afterUser = after === null || distance === undefined ? null : { username: after, distance }
  const users = await context.db.$transaction(async (tx) => {
    await tolerateTypingErrors(sqlOfPrisma(tx), limits.nameSimilarityMin)
    return readAlikeUsers(sqlOfPrisma(tx), { viewerId, text: search, take, after: afterUser })
  })
  return users.map(({ distance: keptDistance, ...user }) => ({ ...user, keys: [user.username ?? '', keptDistance] }))
}
