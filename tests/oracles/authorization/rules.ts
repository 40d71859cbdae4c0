// Permissions as the tests see them: a table of their own, so that a mistake in `roomPolicy` is no mistake here.

/** The rooms of the matrix. `archived` is an OPEN room that was archived. */
export const places = ['OPEN', 'PASSWORD', 'INVITE', 'archived', 'DIRECT'] as const
/** A room of the matrix. */
export type Place = (typeof places)[number]

/** Actors. A DIRECT room has only its two members, one of whom is `owner` in name only. */
export const actors = ['nobody', 'stranger', 'former', 'banned', 'member', 'muted', 'admin', 'owner'] as const
/** Somebody who asks. */
export type Actor = (typeof actors)[number]

const direct: readonly Actor[] = ['nobody', 'stranger', 'member']

/** Lists the actors of a room. */
export const actorsIn = (place: Place): readonly Actor[] => (place === 'DIRECT' ? direct : actors)

const letters = {
  /** Allowed. What is read is not null. */
  '+': 'allowed',
  /** Answered with null. */
  '0': 'null',
  U: 'UNAUTHENTICATED',
  F: 'FORBIDDEN',
  N: 'NOT_FOUND',
  M: 'MUTED',
  A: 'ROOM_ARCHIVED',
  B: 'BANNED',
  W: 'WRONG_ROOM_PASSWORD',
} as const

/** Kinds of answers. */
export type Outcome = (typeof letters)[keyof typeof letters]

/** A letter for each actor, in their order. What is not given is as OPEN; DIRECT is always given. */
type Rule = { OPEN: string; DIRECT: string } & Partial<Record<Place, string>>

// nobody stranger former banned | member muted admin owner                  nobody stranger member
const members = { OPEN: 'UFFF ++++', INVITE: 'UNNN ++++', DIRECT: 'UN+' }
const admins = { OPEN: 'UFFF FF++', INVITE: 'UNNN FF++', DIRECT: 'UNF' }

/** Actors that each rule lets in. To all others a room that they do not see answers like one that does not exist. */
export const rules = {
  all: { OPEN: '++++ ++++', DIRECT: '' },
  signedIn: { OPEN: 'U+++ ++++', DIRECT: '' },
  viewer: { OPEN: '0+++ ++++', DIRECT: '' },
  // nobody here is an operator: tests/operators/operators.test.ts asks as one
  operators: { OPEN: 'UFFF FFFF', DIRECT: '' },
  operatorsAlone: { OPEN: '0000 0000', DIRECT: '' },
  visible: { OPEN: '++++ ++++', INVITE: 'NNNN ++++', DIRECT: 'NN+' },
  visibleNode: { OPEN: '++++ ++++', INVITE: '0000 ++++', DIRECT: '00+' },
  members,
  // of what one said oneself, wherever that was
  erasers: { OPEN: 'U+++ ++++', DIRECT: 'U++' },
  deleters: { OPEN: 'U+++ ++++', INVITE: 'UNNN ++++', DIRECT: 'UN+' },
  hiders: { OPEN: 'UFFF FFFF', INVITE: 'UNNN FFFF', DIRECT: 'UN+' },
  leavers: { ...members, DIRECT: 'UNF' },
  admins,
  adminsUnlessArchived: { ...admins, archived: 'UFFF AAAA' },
  owner: { OPEN: 'UFFF FFF+', INVITE: 'UNNN FFF+', DIRECT: 'UNF' },
  senders: { OPEN: 'UFFF +M++', INVITE: 'UNNN +M++', archived: 'UFFF AAAA', DIRECT: 'UN+' },
  // what is named by the id of a message is not there for who is no member, whatever the room
  readers: { OPEN: 'UNNN ++++', DIRECT: 'UN+' },
  readersNode: { OPEN: '0000 ++++', DIRECT: '00+' },
  speakers: { OPEN: 'UNNN +M++', archived: 'UNNN AAAA', DIRECT: 'UN+' },
  authorOnly: { OPEN: 'UNNN FMFF', archived: 'UNNN AAAA', DIRECT: 'UNF' },
  moderators: { OPEN: 'UNNN FF++', DIRECT: 'UNF' },
  pinners: { OPEN: 'UNNN FF++', archived: 'UNNN AAAA', DIRECT: 'UN+' },
  // reports and invites are not there for who may not see them
  adminsAlone: { OPEN: 'UNNN NN++', DIRECT: 'UNN' },
  // what a membership says to its user, here the muted member, and to those who mute
  mutedAndAdmins: { OPEN: 'UFFF 0+++', INVITE: 'UNNN 0+++', DIRECT: 'UN0' },
  joiners: {
    OPEN: 'U++B ++++',
    PASSWORD: 'UWWB ++++',
    INVITE: 'UNNN ++++',
    archived: 'UAAB ++++',
    DIRECT: 'UN+',
  },
  joinersWithPassword: { OPEN: 'U++B ++++', INVITE: 'UNNN ++++', archived: 'UAAB ++++', DIRECT: 'UN+' },
  invited: { OPEN: 'U++B ++++', archived: 'UAAB ++++', DIRECT: '' },
  invitedPreview: { OPEN: '++++ ++++', DIRECT: '' },
  inviters: { OPEN: 'UNNN NN++', DIRECT: '' },
} as const satisfies Record<string, Rule>

/** Rules that have nothing to do with the room: they are asked in one. */
const roomless: ReadonlySet<string> = new Set<keyof typeof rules>([
  ...(['all', 'signedIn', 'viewer', 'operators', 'operatorsAlone'] as const),
])

/** The name of a rule. */
export type RuleName = keyof typeof rules

/** Returns the answer that a rule lets an actor expect in a room; null where there is no such actor. */
export function outcomeOf(rule: RuleName, place: Place, actor: Actor): Outcome | null {
  if (roomless.has(rule) && place !== 'OPEN') return null
  const row: Rule = rules[rule]
  const letter = (row[place] ?? row.OPEN).replaceAll(' ', '')[actorsIn(place).indexOf(actor)]
  return letter === undefined || letter === '' ? null : letters[letter as keyof typeof letters]
}
