import type { Config } from '../config/config.ts'
import type { ErrorCode } from '../errors.ts'
import type { MemberRole } from '../generated/prisma/client.ts'
import type { RoomFacts } from './facts.ts'

/** The reason why an action is refused, and when to try again. */
export interface Refusal {
  readonly code: ErrorCode
  /** A message that replaces the general one of the code. */
  readonly reason?: string
  readonly retryAfterMs?: number
}

/** An action on a room. */
export type RoomAction = keyof typeof roomPolicy

type Rule = (facts: RoomFacts, now: Date) => Refusal | null

/** The settings of the operator that rules depend on. */
type ServerPolicy = Pick<Config, 'roomDeletion'>

type ServerRule = (facts: RoomFacts, now: Date, server: ServerPolicy) => Refusal | null

const ranks: Record<MemberRole, number> = { OWNER: 3, ADMIN: 2, MEMBER: 1 }

/** Tells whether role `a` is above role `b`. */
export function outranks(a: MemberRole, b: MemberRole): boolean {
  return ranks[a] > ranks[b]
}

/** Tells whether the viewer created a group that all members left: the creator may come back. */
const mayReturn = ({ kind, isMaker, memberCount }: RoomFacts) => kind === 'GROUP' && isMaker && memberCount === 0

/**
 * Rooms are visible to their members; groups also to everybody, unless they are by invitation only.
 *
 * A direct room that waits for its second member is visible to those who have its code or id.
 */
const isVisible = (facts: RoomFacts) =>
  facts.member !== null ||
  (facts.kind === 'GROUP' && facts.access !== 'INVITE') ||
  (facts.isWaiting && facts.memberCount > 0) ||
  mayReturn(facts)

const refuse = (code: ErrorCode, more: Omit<Refusal, 'code'> = {}): Refusal => ({ code, ...more })

const forbid = (reason: string) => refuse('FORBIDDEN', { reason })

const visible: Rule = (facts) => (isVisible(facts) ? null : refuse('NOT_FOUND'))

const member: Rule = (facts) => {
  if (facts.member) return null
  return isVisible(facts) ? forbid('Only members of the room may do this. Join it first.') : refuse('NOT_FOUND')
}

const whoMay = { OWNER: 'the owner', ADMIN: 'admins and the owner' } as const

const atLeast =
  (role: keyof typeof whoMay): Rule =>
  (facts) =>
    facts.member && ranks[facts.member.role] >= ranks[role]
      ? null
      : forbid(`Only ${whoMay[role]} of the room may do this.`)

/** Admins and the owner; in a DIRECT room both members, because there are no higher roles. */
const adminOrDirect: Rule = (facts, now) => (facts.kind === 'DIRECT' ? null : atLeast('ADMIN')(facts, now))

const group: Rule = (facts) =>
  facts.kind === 'GROUP' ? null : forbid('This is possible only in a group, not in a direct room.')

const direct: Rule = (facts) =>
  facts.kind === 'DIRECT' ? null : forbid('This is possible only in a direct room: leave a group instead.')

const notArchived: Rule = (facts) => (facts.archivedAt ? refuse('ROOM_ARCHIVED') : null)

/** The second of a direct room that was shared by its code joins it as long as it waits for them. */
const joinable: Rule = (facts, now) => (facts.isWaiting ? null : group(facts, now))

/** A room that its maker may return to was archived when its last member left. */
const notArchivedForMaker: Rule = (facts, now) => (mayReturn(facts) ? null : notArchived(facts, now))

/** A member may not leave a direct room while the other is in it, and nobody the room with themselves. */
const leavable: Rule = (facts, now) => (facts.isAlone ? null : group(facts, now))

const mayPost: Rule = ({ posting, member }) =>
  posting === 'ADMINS' && member?.role === 'MEMBER' ? forbid('Only admins and the owner write in this room.') : null

const notMuted: Rule = ({ member }, now) =>
  member?.mutedUntil && member.mutedUntil > now
    ? refuse('MUTED', { retryAfterMs: member.mutedUntil.getTime() - now.getTime() })
    : null

/** The pause of slow mode between two messages of the viewer, in ms. 0 when it does not apply to them. */
export function slowModeMs({ slowModeSeconds, member }: RoomFacts): number {
  return member?.role === 'MEMBER' ? slowModeSeconds * 1_000 : 0
}

const notTooSoon: Rule = (facts, now) => {
  const lastSentAt = facts.member?.lastSentAt
  const waitMs = lastSentAt ? lastSentAt.getTime() + slowModeMs(facts) - now.getTime() : 0
  return slowModeMs(facts) > 0 && waitMs > 0 ? refuse('SLOW_MODE', { retryAfterMs: waitMs }) : null
}

const notBanned: Rule = (facts) => (facts.banned ? refuse('BANNED') : null)

const notBlocked: Rule = (facts) =>
  facts.blocked ? refuse('BLOCKED', { reason: 'One of you has blocked the other: neither can write here.' }) : null

/** Combines rules: returns the first refusal. */
const all =
  (...rules: readonly Rule[]): Rule =>
  (facts, now) => {
    for (const rule of rules) {
      const refusal = rule(facts, now)
      if (refusal) return refusal
    }
    return null
  }

const ownerMayDelete = all(member, group, atLeast('OWNER'))

const deletable: ServerRule = (facts, now, { roomDeletion }) =>
  ownerMayDelete(facts, now) ?? (roomDeletion === 'nobody' ? refuse('ROOM_DELETION_DISABLED') : null)

/** The rule of each action on a room. Pure, so that `viewerCan` and the services give the same answer. */
export const roomPolicy = {
  see: visible,
  read: member,
  listMembers: member,
  join: all(visible, joinable, notBanned, notArchivedForMaker),
  joinByInvite: all(group, notBanned, notArchived),
  leave: all(member, leavable),
  send: all(member, notArchived, mayPost, notMuted, notBlocked, notTooSoon),
  // without slow mode: members type the next message while they wait
  type: all(member, notArchived, mayPost, notMuted, notBlocked),
  editOwnMessage: all(member, notArchived, mayPost, notMuted, notBlocked),
  mentionEveryone: all(member, group, notArchived, atLeast('ADMIN')),
  // also after leaving, and when banned: what one has said stays one's own
  deleteOwnMessage: () => null,
  moderateMessages: all(member, atLeast('ADMIN')),
  pinMessages: all(member, notArchived, adminOrDirect, notBlocked),
  report: member,
  react: all(member, notArchived, notMuted, notBlocked),
  markRead: member,
  setNotifications: member,
  addMembers: all(member, group, notArchived, atLeast('ADMIN')),
  removeMembers: all(member, group, atLeast('ADMIN')),
  banMembers: all(member, group, atLeast('ADMIN')),
  muteMembers: all(member, group, atLeast('ADMIN')),
  manageRoles: all(member, group, atLeast('OWNER')),
  manageInvites: all(member, group, notArchived, atLeast('ADMIN')),
  seeInvites: all(member, group, atLeast('ADMIN')),
  manageRoom: all(member, group, atLeast('ADMIN')),
  deleteRoom: deletable,
  seeVisits: all(member, atLeast('ADMIN')),
  seeOwnVisits: member,
  hide: all(member, direct),
} as const satisfies Record<string, ServerRule>
