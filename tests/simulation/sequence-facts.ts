// Facts about the world of a random sequence, by which allowed moves are chosen.

import type { Db } from '../../src/database/client.ts'
import { formatId } from '../../src/input/ids.ts'
import type { Client } from '../support/client.ts'
import { uuidOf } from '../support/members.ts'

/** Somebody who makes moves. */
export interface Person {
  readonly id: string
  readonly username: string
  readonly client: Client
  /** Media that are not used yet. */
  readonly files: string[]
  /** Sessions on other devices. */
  readonly spareSessionIds: string[]
}

type Pair = readonly [Person, Person]

/** Facts at one step. */
export interface Facts {
  readonly step: number
  readonly now: number
  readonly people: readonly Person[]
  readonly roomId: string
  readonly isArchived: boolean
  readonly isOpen: boolean
  readonly members: readonly { person: Person; rank: 1 | 2 | 3; isMuted: boolean }[]
  readonly bannedIds: ReadonlySet<string>
  /** The newest that stand and that somebody wrote. */
  readonly messages: readonly {
    id: string
    authorId: string
    isPinned: boolean
    reactions: readonly { userId: string; emoji: string }[]
  }[]
  /** Other rooms. */
  readonly sides: readonly { id: string; ownerId: string | null; memberIds: ReadonlySet<string> }[]
  /** Invitations into the room that wait. */
  readonly invitations: readonly { id: string; person: Person }[]
  /** Pairs of a user who declined and the one who invited: that one cannot invite them again. */
  readonly declinedPairs: readonly Pair[]
  readonly friendPairs: readonly Pair[]
  /** Pairs of a requested and a requesting user. */
  readonly askedPairs: readonly Pair[]
  /** Pairs of users between whom a friend request is allowed. */
  readonly strangerPairs: readonly Pair[]
  /** Pairs of a blocker and the blocked user. */
  readonly blockedPairs: readonly Pair[]
  /** Between whom there is no block. */
  readonly unblockedPairs: readonly Pair[]
}

const ranks = { OWNER: 3, ADMIN: 2, MEMBER: 1 } as const

/** Reads what is so now. */
export async function readFacts(
  db: Db,
  { people, roomId, step }: Pick<Facts, 'people' | 'roomId' | 'step'>,
): Promise<Facts> {
  const uuid = uuidOf(roomId)
  const idIn = { in: people.map(({ id }) => uuidOf(id)) }
  const [room, members, bans, messages, sides, ties, invitations, refusals] = await Promise.all([
    db.room.findUniqueOrThrow({ where: { id: uuid } }),
    db.member.findMany({ where: { roomId: uuid }, orderBy: { userId: 'asc' } }),
    db.ban.findMany({ where: { roomId: uuid }, orderBy: { userId: 'asc' } }),
    db.message.findMany({
      where: { roomId: uuid, kind: 'TEXT', deletedAt: null },
      orderBy: { number: 'desc' },
      take: 12,
      include: { reactions: { orderBy: { createdAt: 'asc' } } },
    }),
    db.room.findMany({
      where: { id: { not: uuid }, kind: 'GROUP', deletedAt: null, members: { some: { userId: idIn } } },
      orderBy: { id: 'asc' },
      include: { members: true },
    }),
    readPairs(db, people),
    db.roomInvitation.findMany({ where: { roomId: uuid, endedAt: null }, orderBy: { id: 'asc' } }),
    db.roomRefusal.findMany({ where: { roomId: uuid, declined: true } }),
  ])
  const byUuid = new Map(people.map((person) => [uuidOf(person.id), person]))
  return {
    ...{ step, people, roomId, now: Date.now(), isArchived: room.archivedAt !== null, isOpen: room.access === 'OPEN' },
    members: members.flatMap(({ userId, role, mutedUntil }) => {
      const person = byUuid.get(userId)
      return person ? [{ person, rank: ranks[role], isMuted: mutedUntil !== null }] : []
    }),
    bannedIds: new Set(bans.map(({ userId }) => formatId('User', userId))),
    messages: messages.map(({ id, authorId, pinnedAt, reactions }) => ({
      id: formatId('Message', id),
      authorId: formatId('User', authorId ?? ''),
      isPinned: pinnedAt !== null,
      reactions: reactions.map(({ userId, emoji }) => ({ userId: formatId('User', userId), emoji })),
    })),
    sides: sides.map((side) => {
      const owner = side.members.find(({ role }) => role === 'OWNER')
      return {
        id: formatId('Room', side.id),
        ownerId: owner ? formatId('User', owner.userId) : null,
        memberIds: new Set(side.members.map(({ userId }) => formatId('User', userId))),
      }
    }),
    invitations: invitations.flatMap(({ id, userId }) => {
      const person = byUuid.get(userId)
      return person ? [{ id: formatId('RoomInvitation', id), person }] : []
    }),
    declinedPairs: refusals.flatMap(({ userId, refusedId }) => {
      const [person, refused] = [byUuid.get(userId), byUuid.get(refusedId)]
      return person && refused ? [[person, refused] as const] : []
    }),
    ...ties,
  }
}

/** Sorts all pairs of people by what is between the two. */
async function readPairs(db: Db, people: readonly Person[]) {
  const [friendships, blocks] = await Promise.all([db.friendship.findMany(), db.block.findMany()])
  const pairs: readonly Pair[] = people.flatMap((a) => people.filter((b) => b !== a).map((b) => [a, b] as const))
  const tieOf = ([a, b]: Pair) => {
    const ids = [uuidOf(a.id), uuidOf(b.id)]
    return friendships.find(({ lowId, highId }) => ids.includes(lowId) && ids.includes(highId))
  }
  const blocksOne = ([a, b]: Pair) =>
    blocks.some(({ blockerId, blockedId }) => blockerId === uuidOf(a.id) && blockedId === uuidOf(b.id))
  const blockedPairs = pairs.filter(blocksOne)
  const unblockedPairs = pairs.filter(([a, b]) => !blocksOne([a, b]) && !blocksOne([b, a]))
  return {
    blockedPairs,
    unblockedPairs,
    friendPairs: pairs.filter((pair) => tieOf(pair)?.status === 'ACCEPTED'),
    askedPairs: pairs.filter((pair) => {
      const tie = tieOf(pair)
      return tie?.status === 'PENDING' && tie.requesterId === uuidOf(pair[1].id)
    }),
    strangerPairs: unblockedPairs.filter((pair) => !tieOf(pair)),
  }
}
