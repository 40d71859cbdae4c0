import type { Friendship, RoomSummary, User } from '../api/entities.ts'
import type { AccountState, PeopleState, RoomListItem, RoomsState } from '../api/lists.ts'
import type { KabarError } from '../errors.ts'
import { emptyAccount } from './empty-states.ts'
import { heardOf, otherOf, type ViewerData } from './viewer-data.ts'

const compare = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0)
const activeAt = ({ room }: RoomSummary) => room.lastMessage?.createdAt ?? room.createdAt

const sumOf = (summaries: readonly RoomSummary[]) => summaries.reduce((sum, summary) => sum + heardOf(summary), 0)

/** Makes the list of rooms; items that did not change stay the same objects. */
export function createRoomsViewer(): (data: ViewerData, error: KabarError | null) => RoomsState {
  const items = new WeakMap<RoomSummary, RoomListItem>()
  const itemOf = (membership: RoomSummary, viewerId: string): RoomListItem => {
    const known = items.get(membership)
    if (known) return known
    const { room, unreadCount, mentionCount } = membership
    const member = room.kind === 'DIRECT' ? room.members.nodes.find(({ user }) => user.id !== viewerId) : undefined
    const other = member?.user ?? null
    const title = room.name ?? other?.displayName ?? room.title
    const item = { id: room.id, title, unreadCount, mentionCount, room, membership, other }
    items.set(membership, item)
    return item
  }
  return (data, error) => {
    const summaries = [...data.rooms.values()]
    summaries.sort(
      (a, b) =>
        Number(b.pinnedAt !== null) - Number(a.pinnedAt !== null) ||
        compare(activeAt(a), activeAt(b)) ||
        compare(a.room.id, b.room.id),
    )
    return {
      isLoaded: data.cursor !== null,
      error,
      rooms: summaries.map((summary) => itemOf(summary, data.viewerId)),
      hasMore: data.roomsAfter !== null,
      // where all rooms are held their sum is exact; the number of the server is of another moment
      unreadCount: data.roomsAfter === null ? sumOf(summaries) : data.unreadCount,
      mentionCount: summaries.reduce((sum, { mentionCount }) => sum + mentionCount, 0),
    }
  }
}

/** Shows the account. */
export function accountOf({ account, sessions, dataExport }: ViewerData): AccountState {
  const used = [...sessions.values()].sort((a, b) => compare(a.lastUsedAt, b.lastUsedAt))
  return { ...emptyAccount, ...account, sessions: used, dataExport }
}

/** Shows friends, requests, blocks and invitations. */
export function peopleOf({ people, viewerId, presence }: ViewerData, error: KabarError | null): PeopleState {
  const ties = [...(people?.ties.values() ?? [])]
  const id = (tie: Friendship) => otherOf(tie, viewerId).id
  const pending = ties.filter(({ status }) => status === 'PENDING')
  pending.sort((a, b) => compare(a.requestedAt, b.requestedAt) || compare(id(a), id(b)))
  const accepted = ties.filter(({ status }) => status === 'ACCEPTED')
  accepted.sort((a, b) => compare(a.acceptedAt ?? '', b.acceptedAt ?? '') || compare(id(a), id(b)))
  const isOwn = ({ requester }: Friendship) => requester.id === viewerId
  return {
    isLoaded: people !== null,
    error,
    friends: accepted.map((tie): User => otherOf(tie, viewerId)),
    incoming: pending.filter((tie) => !isOwn(tie)),
    outgoing: pending.filter(isOwn),
    blocked: people?.blocked ?? [],
    // ids grow with time
    invitations: [...(people?.invitations.values() ?? [])].sort((a, b) => compare(a.id, b.id)),
    presence,
  }
}
