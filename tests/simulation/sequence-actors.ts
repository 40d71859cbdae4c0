// Actors of moves: the people who can make each move now, and its possible targets.

import type { Facts, Person } from './sequence-facts.ts'
import type { Random } from './virtual-time.ts'

/** A mutation that somebody may do now. */
export interface Move {
  readonly by: Person
  readonly input: Record<string, unknown>
}

/** Picks one of a list; null from an empty one. */
export const oneOf = <T>(random: Random, list: readonly T[]): T | null => (list.length > 0 ? random.pick(list) : null)

/** A move of an admin or the owner against somebody below. */
export function above(facts: Facts, random: Random, rest: () => Record<string, unknown> = () => ({})): Move | null {
  const pairs = facts.members.flatMap((by) =>
    facts.members.filter((member) => by.rank > member.rank && by.rank > 1).map((member) => ({ by, member })),
  )
  const pair = oneOf(random, pairs)
  return pair && { by: pair.by.person, input: { roomId: facts.roomId, userId: pair.member.person.id, ...rest() } }
}

/** A move between two people, one of pairs. */
export const between = (random: Random, pairs: readonly (readonly [Person, Person])[]): Move | null => {
  const pair = oneOf(random, pairs)
  return pair && { by: pair[0], input: { userId: pair[1].id } }
}

/** A move of the owner with somebody else. */
export const ofOwner = (facts: Facts, random: Random, rest: () => Record<string, unknown>): Move | null => {
  const owner = facts.members.find(({ rank }) => rank === 3)
  const other = oneOf(
    random,
    facts.members.filter(({ rank }) => rank < 3),
  )
  return owner && other
    ? { by: owner.person, input: { roomId: facts.roomId, userId: other.person.id, ...rest() } }
    : null
}

/** A move of an admin or the owner. */
export const ofAdmin = (
  facts: Facts,
  random: Random,
  input: (by: Person) => Record<string, unknown> | null,
): Move | null => {
  const by = oneOf(
    random,
    facts.members.filter(({ rank }) => rank > 1),
  )
  const given = by && input(by.person)
  return given && { by: by.person, input: { roomId: facts.roomId, ...given } }
}

/** A move of somebody with a message. */
export const onMessage = (
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

/** Members who may write. */
export const speakers = (facts: Facts) =>
  facts.isArchived ? [] : facts.members.filter(({ isMuted }) => !isMuted).map(({ person }) => person)
/** Members with a role above MEMBER. */
export const admins = (facts: Facts) => facts.members.filter(({ rank }) => rank > 1).map(({ person }) => person)
/** People who are not members. */
export const strangers = (facts: Facts) =>
  facts.people.filter((person) => !facts.members.some((member) => member.person === person))
