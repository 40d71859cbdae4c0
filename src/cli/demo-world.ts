// The demo data. The passwords are public: this is for trying things out, never for real users.

/** The password of all demo users. */
export const demoPassword = 'kabar-demo'

/** The demo users. GraphiQL is signed in as the first. */
export const demoUsers = [
  { username: 'ada', displayName: 'Ada' },
  { username: 'budi', displayName: 'Budi' },
  { username: 'chika', displayName: 'Chika' },
  { username: 'dewi', displayName: 'Dewi' },
  { username: 'emil', displayName: 'Emil' },
  { username: 'farah', displayName: 'Farah' },
] as const

/** A username of the demo. */
export type DemoUsername = (typeof demoUsers)[number]['username']

/** The categories of rooms. */
export const demoCategories = [
  { slug: 'food', name: 'Food and drink' },
  { slug: 'games', name: 'Games' },
  { slug: 'neighbourhood', name: 'Neighbourhood' },
]

/** A tree of regions: parents come before their children. */
export const demoRegions = [
  { code: 'ID', name: 'Indonesia', parent: null },
  { code: 'ID-JK', name: 'Jakarta', parent: 'ID' },
  { code: 'ID-YO', name: 'Yogyakarta', parent: 'ID' },
  { code: 'NL', name: 'Netherlands', parent: null },
  { code: 'NL-NH', name: 'North Holland', parent: 'NL' },
]

/** A room of the demo, with its number of messages. The first member owns it. */
export interface DemoRoom {
  readonly code: string
  readonly name: string
  readonly description: string
  readonly access: 'OPEN' | 'PASSWORD' | 'INVITE'
  readonly password?: string
  readonly category?: string
  readonly region?: string
  readonly members: readonly DemoUsername[]
  readonly messages: number
  readonly topics: readonly string[]
}

/** All rooms for more than two. */
export const demoRooms: readonly DemoRoom[] = [
  {
    code: 'TEATABLE',
    name: 'Tea table',
    description: 'Come in, sit down. Everybody is welcome.',
    access: 'OPEN',
    category: 'food',
    members: ['ada', 'budi', 'chika', 'dewi', 'emil', 'farah'],
    messages: 1_200,
    topics: ['the ginger tea', 'the new kettle', 'biscuits for Friday', 'the tall mugs', 'jasmine or mint'],
  },
  {
    code: 'CHESSFAN',
    name: 'Chess evenings',
    description: 'Thursdays at eight, beginners first.',
    access: 'OPEN',
    category: 'games',
    region: 'NL-NH',
    members: ['emil', 'ada', 'chika', 'farah'],
    messages: 400,
    topics: ['the Caro-Kann', 'a lost knight', 'clocks for Thursday', 'my endgame', 'the club in Haarlem'],
  },
  {
    code: 'BREADDAY',
    name: 'Bread day',
    description: 'Sourdough, and what to do with too much of it.',
    access: 'OPEN',
    category: 'food',
    members: ['chika', 'ada', 'dewi'],
    messages: 300,
    topics: ['the starter', 'a rye loaf', 'the wet dough', 'the oven stone', 'Saturday’s batch'],
  },
  {
    code: 'GARDENER',
    name: 'Roof garden',
    description: 'Whoever waters writes it here.',
    access: 'OPEN',
    category: 'neighbourhood',
    region: 'ID-JK',
    members: ['dewi', 'budi', 'farah'],
    messages: 250,
    topics: ['the chillies', 'the rain barrel', 'a nest in the mint', 'new soil', 'the ladder'],
  },
  {
    code: 'NEWSDESK',
    name: 'News desk',
    description: 'Apa kabar? What happened today.',
    access: 'OPEN',
    category: 'neighbourhood',
    region: 'ID-YO',
    members: ['farah', 'ada', 'budi', 'emil'],
    messages: 150,
    topics: ['the night market', 'the bridge', 'the school play', 'a late bus', 'the weather'],
  },
  {
    code: 'TREASURE',
    name: 'Treasurers',
    description: 'About money, hence the password.',
    access: 'PASSWORD',
    password: 'open-sesame',
    members: ['budi', 'ada', 'dewi'],
    messages: 100,
    topics: ['the rent of the hall', 'two receipts', 'the tin box', 'the yearly report'],
  },
  {
    code: 'PLANNERS',
    name: 'Surprise for Emil',
    description: 'Only by invitation. Emil must not know.',
    access: 'INVITE',
    members: ['ada', 'budi', 'chika', 'farah'],
    messages: 80,
    topics: ['the cake', 'who keeps him away', 'the present', 'the list of guests'],
  },
]

/** The direct room. */
export const demoDirectRoom = {
  members: ['ada', 'budi'],
  messages: 60,
  topics: ['lunch', 'the keys', 'tomorrow', 'that book'],
} as const

const sentences = [
  'Has anybody thought of {}?',
  'I looked into {} last night.',
  'Good news about {}!',
  'We still have to talk about {}.',
  'I do not mind {} at all.',
  'Who takes care of {}?',
  'I take care of {}.',
  'No hurry with {}.',
  'More about {} tomorrow, I have to run.',
  'I was wrong about {}.',
  'Let us decide about {} on Sunday.',
  'I made a list for {}: it is longer than I thought.',
  'Yes.',
  'Thank you!',
  'Not me, sorry.',
  'Ha, exactly what I thought.',
  'Apa kabar, everybody?',
  'Baik, baik! And you?',
  '🎉',
  'That makes two of us.',
  'Could you say that again, slowly?',
  'See you at eight.',
  'I am late, begin without me.',
]

/** Reactions to the newest messages of each room, counted from the end. */
export const demoReactions = [
  { messagesBack: 2, emoji: '👍', count: 3 },
  { messagesBack: 4, emoji: '❤️', count: 2 },
  { messagesBack: 4, emoji: '🎉', count: 1 },
  { messagesBack: 7, emoji: '😂', count: 4 },
  { messagesBack: 11, emoji: '🙏', count: 2 },
] as const

/** The message of each room that its owner has pinned, counted from the end. */
export const demoPinBack = 9

/** Minimum distance of a demo reply to the message that it answers. */
export const repliesBackMin = 20

/** A message of the demo. */
export interface DemoMessage {
  readonly author: DemoUsername
  readonly body: string
  /** The distance to the message that it answers; null when it is not a reply. */
  readonly repliesBack: number | null
  /** Its text after an edit. */
  readonly editedBody: string | null
  readonly isDeleted: boolean
}

/** Generates the messages of a room, in order: the same at every call. */
export function demoMessages({
  members,
  messages,
  topics,
}: Pick<DemoRoom, 'members' | 'messages' | 'topics'>): DemoMessage[] {
  // a linear congruential generator with the numbers of Numerical Recipes
  let state = messages
  const below = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  const oneOf = <T>(things: readonly T[], otherwise: T) => things[below(things.length)] ?? otherwise
  return Array.from({ length: messages }, (_, index) => {
    const body = oneOf(sentences, '').replace('{}', oneOf(topics, ''))
    return {
      author: oneOf(members, 'ada'),
      body,
      repliesBack: index >= 2 * repliesBackMin && below(8) === 0 ? repliesBackMin + below(repliesBackMin) : null,
      editedBody: below(40) === 0 ? `${body} (There was a typo in this.)` : null,
      isDeleted: below(60) === 0,
    }
  })
}
