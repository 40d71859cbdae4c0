// The lists of members of a room, and of memberships of the viewer. Changes are in the folders beside this, such as joining/
// and leaving/.

import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import type { Member, MemberRole, RoomKind } from '../generated/prisma/client.ts'
import { parseKeyset } from '../input/keyset.ts'
import { type MembershipRow, readMemberships, readRoomMembers } from './queries.ts'

/** A page of a list: `keyset` holds the keys of the row after which it begins. */
export interface ListQuery {
  take: number
  keyset: readonly string[] | null
}

/**
 * Lists the members of a room in the order in which they joined.
 *
 * @param query.role null for all.
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listMembers(
  context: ServiceContext,
  { roomId, role, take, keyset }: ListQuery & { roomId: string; role: MemberRole | null },
): Promise<Member[]> {
  await assertCan(context, { roomId, action: 'listMembers' })
  return readRoomMembers(context.sql, { roomId, role, take, after: parseKeyset(keyset) })
}

/**
 * Lists the viewer's memberships.
 *
 * Pinned rooms first, then the others, each most recently active first.
 *
 * @param query.kind null for both.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export async function listMemberships(
  context: ServiceContext,
  { kind, take, keyset }: ListQuery & { kind: RoomKind | null },
): Promise<MembershipRow[]> {
  const { userId } = assertSignedIn(context)
  return readMemberships(context.lookups, { userId, kind, take, after: parseKeyset(keyset) })
}
