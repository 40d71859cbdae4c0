// Every mutation that the feed tells of, as a move that somebody can make now; and why the others are left out.

import {
  above,
  admins,
  between,
  type Move,
  ofAdmin,
  ofOwner,
  oneOf,
  onMessage,
  speakers,
  strangers,
} from './sequence-actors.ts'
import type { Facts } from './sequence-facts.ts'
import type { Random } from './virtual-time.ts'

interface MoveKind {
  /** How often it is made, against the others. */
  readonly weight: number
  /** Null when nobody can make it now. */
  find(facts: Facts, random: Random): Move | null
}

const emojis = ['👍', '🎉', '😂']
const year = 365 * 86_400_000

const words = (facts: Facts, random: Random) => {
  const mention = random.chance(0.4) ? ` @${random.pick(facts.people).username}` : ''
  const more = random.chance(0.2) ? ` and @${random.pick(facts.people).username}` : ''
  return `message ${facts.step}${mention}${more}`
}

const inRoom: Record<string, MoveKind> = {
  sendMessage: {
    weight: 10,
    find(facts, random) {
      const by = oneOf(random, speakers(facts))
      if (!by) return null
      const answered = random.chance(0.4) ? oneOf(random, facts.messages) : null
      const file = random.chance(0.3) ? by.files.pop() : undefined
      const input = { roomId: facts.roomId, body: words(facts, random), replyToId: answered?.id ?? null }
      return { by, input: { ...input, attachmentIds: file ? [file] : null } }
    },
  },
  editMessage: {
    weight: 4,
    find: (facts, random) =>
      onMessage(facts, random, speakers(facts), ({ authorId }, { id }) =>
        authorId === id ? { body: words(facts, random) } : null,
      ),
  },
  deleteMessage: {
    weight: 2,
    find: (facts, random) => {
      const ids = new Set(admins(facts).map(({ id }) => id))
      const members = facts.members.map(({ person }) => person)
      return onMessage(facts, random, members, ({ authorId }, { id }) => (authorId === id || ids.has(id) ? {} : null))
    },
  },
  deleteMyMessages: {
    weight: 1,
    find: (facts, random) =>
      random.chance(0.2) ? { by: random.pick(facts.people), input: { roomId: facts.roomId } } : null,
  },
  addReaction: {
    weight: 5,
    find: (facts, random) => onMessage(facts, random, speakers(facts), () => ({ emoji: random.pick(emojis) })),
  },
  removeReaction: {
    weight: 3,
    find: (facts, random) =>
      onMessage(facts, random, speakers(facts), ({ reactions }, { id }) => {
        const own = reactions.find((reaction) => reaction.userId === id)
        return own ? { emoji: own.emoji } : null
      }),
  },
  pinMessage: {
    weight: 3,
    find: (facts, random) =>
      facts.isArchived ? null : onMessage(facts, random, admins(facts), ({ isPinned }) => (isPinned ? null : {})),
  },
  unpinMessage: {
    weight: 1,
    find: (facts, random) =>
      facts.isArchived ? null : onMessage(facts, random, admins(facts), ({ isPinned }) => (isPinned ? {} : null)),
  },
  joinRoom: {
    weight: 4,
    find(facts, random) {
      const rooms = [
        ...(facts.isOpen && !facts.isArchived ? strangers(facts).filter(({ id }) => !facts.bannedIds.has(id)) : []).map(
          (by) => ({ by, input: { roomId: facts.roomId } }),
        ),
        ...facts.sides.flatMap(({ id, memberIds }) =>
          facts.people.filter((by) => !memberIds.has(by.id)).map((by) => ({ by, input: { roomId: id } })),
        ),
      ]
      return oneOf(random, rooms)
    },
  },
  leaveRoom: {
    weight: 1,
    find(facts, random) {
      const rooms = [
        ...(facts.members.length > 4 ? facts.members : []).map(({ person }) => ({
          by: person,
          input: { roomId: facts.roomId },
        })),
        ...facts.sides.flatMap(({ id, memberIds }) =>
          facts.people.filter((by) => memberIds.has(by.id)).map((by) => ({ by, input: { roomId: id } })),
        ),
      ]
      return oneOf(random, rooms)
    },
  },
  addMembers: {
    weight: 3,
    find: (facts, random) =>
      facts.isArchived
        ? null
        : ofAdmin(facts, random, (by) => {
            const userIds = strangers(facts)
              .filter((person) => facts.unblockedPairs.some(([from, to]) => from === by && to === person))
              .filter((person) => !facts.declinedPairs.some(([from, to]) => from === person && to === by))
              .map(({ id }) => id)
              .filter((id) => !facts.bannedIds.has(id))
              .slice(0, 2)
            return userIds.length > 0 ? { userIds } : null
          }),
  },
  acceptInvitation: {
    weight: 3,
    find: (facts, random) =>
      facts.isArchived
        ? null
        : oneOf(
            random,
            facts.invitations.map(({ id, person }) => ({ by: person, input: { invitationId: id } })),
          ),
  },
  declineInvitation: {
    weight: 1,
    find: (facts, random) =>
      oneOf(
        random,
        facts.invitations.map(({ id, person }) => ({ by: person, input: { invitationId: id } })),
      ),
  },
  withdrawInvitation: {
    weight: 1,
    find(facts, random) {
      const by = oneOf(random, admins(facts))
      const invitation = oneOf(random, facts.invitations)
      return by && invitation ? { by, input: { invitationId: invitation.id } } : null
    },
  },
  removeMember: { weight: 1, find: (facts, random) => (facts.members.length > 4 ? above(facts, random) : null) },
  banMember: { weight: 1, find: (facts, random) => (facts.members.length > 4 ? above(facts, random) : null) },
  unbanMember: {
    weight: 2,
    find: (facts, random) =>
      ofAdmin(facts, random, () => {
        const userId = oneOf(random, [...facts.bannedIds])
        return userId ? { userId } : null
      }),
  },
  muteMember: {
    weight: 2,
    find: (facts, random) =>
      above(facts, random, () => ({ until: random.chance(0.3) ? new Date(facts.now + year / 2).toISOString() : null })),
  },
  setMemberRole: {
    weight: 3,
    find: (facts, random) => ofOwner(facts, random, () => ({ role: random.pick(['ADMIN', 'ADMIN', 'MEMBER']) })),
  },
  transferOwnership: { weight: 1, find: (facts, random) => ofOwner(facts, random, () => ({})) },
  updateRoom: {
    weight: 3,
    find: (facts, random) =>
      ofAdmin(facts, random, () =>
        facts.isArchived
          ? { archived: false }
          : random.pick([
              { name: `Room ${facts.step}` },
              { description: `What ${facts.step} is about` },
              { access: facts.isOpen ? 'INVITE' : 'OPEN' },
              { archived: true },
            ]),
      ),
  },
}

/** A move of a member, about the room alone. */
function ofMember(facts: Facts, random: Random): Move | null {
  const by = oneOf(random, facts.members)?.person
  return by ? { by, input: { roomId: facts.roomId } } : null
}

const outside: Record<string, MoveKind> = {
  createRoom: {
    weight: 1,
    find: (facts, random) =>
      facts.sides.length < 3 ? { by: random.pick(facts.people), input: { name: `Side ${facts.step}` } } : null,
  },
  deleteRoom: {
    weight: 1,
    find: (facts, random) =>
      oneOf(
        random,
        facts.sides.flatMap(({ id, ownerId }) =>
          facts.people.filter((by) => by.id === ownerId).map((by) => ({ by, input: { roomId: id } })),
        ),
      ),
  },
  openDirectRoom: { weight: 1, find: (facts, random) => between(random, facts.unblockedPairs) },
  sendFriendRequest: { weight: 6, find: (facts, random) => between(random, facts.strangerPairs) },
  acceptFriendRequest: { weight: 2, find: (facts, random) => between(random, facts.askedPairs) },
  declineFriendRequest: { weight: 1, find: (facts, random) => between(random, facts.askedPairs) },
  cancelFriendRequest: {
    weight: 1,
    find: (facts, random) =>
      between(
        random,
        facts.askedPairs.map(([asked, asker]) => [asker, asked] as const),
      ),
  },
  removeFriend: { weight: 1, find: (facts, random) => between(random, facts.friendPairs) },
  blockUser: { weight: 1, find: (facts, random) => between(random, facts.unblockedPairs) },
  unblockUser: { weight: 1, find: (facts, random) => between(random, facts.blockedPairs) },
  updateProfile: {
    weight: 2,
    find: (facts, random) => ({
      by: random.pick(facts.people),
      input: random.pick([
        { displayName: `Name ${facts.step}` },
        { bio: random.pick([`Bio ${facts.step}`, null]) },
        { email: random.pick([`${facts.step}-${random.below(1_000_000)}@example.org`, null]) },
        { directMessagePolicy: random.pick(['EVERYONE', 'SHARED_ROOMS', 'FRIENDS']) },
        { showsReceipts: random.pick([true, false]), showsPresence: random.pick([true, false]) },
        { showsLastSeen: random.pick([true, false]) },
      ]),
    }),
  },
  pinRoom: { weight: 1, find: ofMember },
  unpinRoom: { weight: 1, find: ofMember },
  setNotifications: {
    weight: 2,
    find(facts, random) {
      const by = oneOf(random, facts.members)?.person
      const input = {
        ...{ roomId: facts.roomId, level: random.pick(['ALL', 'MENTIONS', 'NONE']) },
        mentionedByReplies: random.pick([true, false, null]),
      }
      return by ? { by, input } : null
    },
  },
  signIn: {
    weight: 1,
    find(facts, random) {
      const by = random.pick(facts.people)
      return { by, input: { username: by.username } }
    },
  },
  revokeSession: {
    weight: 1,
    find(facts, random) {
      const by = oneOf(
        random,
        facts.people.filter(({ spareSessionIds }) => spareSessionIds.length > 0),
      )
      const sessionId = by?.spareSessionIds.pop()
      return by && sessionId ? { by, input: { sessionId } } : null
    },
  },
}

/** The moves, by the mutation that they make. */
export const moveKinds: Readonly<Record<string, MoveKind>> = { ...inRoom, ...outside }
