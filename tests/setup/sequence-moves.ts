// Every mutation that the feed tells of, as a move that somebody can make now; and why the others are left out.

import type { Facts, Person } from './sequence-facts.ts'
import type { Random } from './virtual-time.ts'

/** A mutation that somebody may do now. */
export interface Move {
  readonly by: Person
  readonly input: Record<string, unknown>
}

interface MoveKind {
  /** How often it is made, against the others. */
  readonly weight: number
  /** Null when nobody can make it now. */
  find(facts: Facts, random: Random): Move | null
}

const emojis = ['👍', '🎉', '😂']
const year = 365 * 86_400_000

/** Picks one of a list; null from an empty one. */
const oneOf = <T>(random: Random, list: readonly T[]): T | null => (list.length > 0 ? random.pick(list) : null)

const words = (facts: Facts, random: Random) => {
  const mention = random.chance(0.4) ? ` @${random.pick(facts.people).username}` : ''
  const more = random.chance(0.2) ? ` and @${random.pick(facts.people).username}` : ''
  return `message ${facts.step}${mention}${more}`
}

/** A move of an admin or the owner against somebody below. */
function above(facts: Facts, random: Random, rest: () => Record<string, unknown> = () => ({})): Move | null {
  const pairs = facts.members.flatMap((by) =>
    facts.members.filter((member) => by.rank > member.rank && by.rank > 1).map((member) => ({ by, member })),
  )
  const pair = oneOf(random, pairs)
  return pair && { by: pair.by.person, input: { roomId: facts.roomId, userId: pair.member.person.id, ...rest() } }
}

/** A move between two people, one of pairs. */
const between = (random: Random, pairs: readonly (readonly [Person, Person])[]): Move | null => {
  const pair = oneOf(random, pairs)
  return pair && { by: pair[0], input: { userId: pair[1].id } }
}

const ofOwner = (facts: Facts, random: Random, rest: () => Record<string, unknown>): Move | null => {
  const owner = facts.members.find(({ rank }) => rank === 3)
  const other = oneOf(
    random,
    facts.members.filter(({ rank }) => rank < 3),
  )
  return owner && other
    ? { by: owner.person, input: { roomId: facts.roomId, userId: other.person.id, ...rest() } }
    : null
}

const ofAdmin = (facts: Facts, random: Random, input: () => Record<string, unknown> | null): Move | null => {
  const by = oneOf(
    random,
    facts.members.filter(({ rank }) => rank > 1),
  )
  const given = by && input()
  return given && { by: by.person, input: { roomId: facts.roomId, ...given } }
}

const onMessage = (
  facts: Facts,
  random: Random,
  by: readonly Person[],
  of: (message: Facts['messages'][number], by: Person) => Record<string, unknown> | null,
): Move | null => {
  const moves = by.flatMap((person) =>
    facts.messages.flatMap((message) => {
      const given = of(message, person)
      return given ? [{ by: person, input: { messageId: message.id, ...given } }] : []
    }),
  )
  return oneOf(random, moves)
}

const speakers = (facts: Facts) =>
  facts.isArchived ? [] : facts.members.filter(({ isMuted }) => !isMuted).map(({ person }) => person)
const admins = (facts: Facts) => facts.members.filter(({ rank }) => rank > 1).map(({ person }) => person)
const strangers = (facts: Facts) =>
  facts.people.filter((person) => !facts.members.some((member) => member.person === person))

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
        : ofAdmin(facts, random, () => {
            const userIds = strangers(facts)
              .map(({ id }) => id)
              .filter((id) => !facts.bannedIds.has(id))
              .slice(0, 2)
            return userIds.length > 0 ? { userIds } : null
          }),
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
      ]),
    }),
  },
  setNotifications: {
    weight: 2,
    find(facts, random) {
      const by = oneOf(random, facts.members)?.person
      return by ? { by, input: { roomId: facts.roomId, level: random.pick(['ALL', 'MENTIONS', 'NONE']) } } : null
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

const unseen = 'nothing that the feed tells of changes'
const newcomer = 'it makes an account, which has no other device yet'

/** Mutations that no move makes, and why. */
export const exceptions: Readonly<Record<string, string>> = {
  register: newcomer,
  signInAsGuest: newcomer,
  refreshSession: 'it prolongs a session, which nobody is told of',
  signOut: 'it ends a session as revokeSession does',
  changePassword: 'it ends sessions as revokeSession does',
  upgradeGuest: 'it tells what updateProfile does; the people here are registered, so that they can be mentioned',
  deleteAccount: 'it leaves rooms and friends as leaveRoom and removeFriend do: tests/account-deletion.test.ts',
  createUpload: unseen,
  createInvite: unseen,
  revokeInvite: unseen,
  requestDataExport: unseen,
  reportMessage: unseen,
  resolveReport: unseen,
  markDelivered: 'receipts may be lost',
  markRead: 'receipts may be lost',
  setPresence: 'presence may be lost',
  setTyping: 'typing may be lost',
}
