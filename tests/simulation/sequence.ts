// A random sequence of mutations by several people through two servers, and those who observe it.

import { buildSchema } from 'graphql'
import type { Db } from '../../src/database/client.ts'
import { createObserver, type Observer } from '../oracles/observer.ts'
import { enter, freshName } from '../support/accounts.ts'
import { Client, makeRoom, type Server } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { upload } from '../support/uploads.ts'
import type { Move } from './sequence-actors.ts'
import { type Person, readFacts } from './sequence-facts.ts'
import { moveKinds } from './sequence-moves.ts'
import { createRandom, type Random } from './virtual-time.ts'

/** The seed of SEQUENCE_SEED, to play another sequence than those of every run; null when none is given. */
export const givenSeed: number | null = process.env.SEQUENCE_SEED ? Number(process.env.SEQUENCE_SEED) : null

const mutations = buildSchema(readText('schema.graphql')).getMutationType()?.getFields() ?? {}

/** The names of all mutations that there are. */
export const mutationNames = Object.keys(mutations)

const personCount = 7
const stepsBetweenJudgements = 20

async function createPerson(server: Server): Promise<Person> {
  const username = freshName()
  const grant = await enter(server, 'register', { username })
  const { accessToken: token, refreshToken, viewer } = grant
  const client = new Client(server, { token, refreshToken, userId: viewer.user.id, name: username })
  const other = await enter(server, 'signIn', { username })
  const files: string[] = []
  return { id: client.userId, username, client, files, spareSessionIds: [other.viewer.session.id] }
}

/** The result of a sequence. */
export interface Played {
  /** Successful mutations, by name. */
  readonly made: Map<string, number>
  /** The types of events that somebody got. */
  readonly heard: Set<string>
  /** Snapshots in the middle that were compared at the end. */
  readonly snapshots: number
}

/** Plays the sequence of a seed. Throws when what somebody keeps differs from what there is. */
export async function playSequence(
  { seed, steps }: { seed: number; steps: number },
  { db, servers }: { db: Db; servers: readonly [Server, Server] },
): Promise<Played> {
  const random = createRandom(seed)
  const made = new Map<string, number>()
  const heard = new Set<string>()
  const story: string[] = []
  const people = await Promise.all(Array.from({ length: personCount }, () => createPerson(random.pick(servers))))
  for (const { client, files } of people.slice(0, 3)) files.push((await upload(client, Buffer.from('text'))).id)
  const [owner, ...others] = people.map(({ client }) => client)
  if (!owner) throw new Error('nobody')
  const roomId = await makeRoom(owner, others.slice(0, 4))
  const observers = await observe({ seed, people, roomId, servers, onEvent: (type) => heard.add(type) })
  const nameOf = (id: string) => observers.find(({ client }) => client.userId === id)?.name ?? id

  async function make(step: number): Promise<void> {
    const facts = await readFacts(db, { people, roomId, step })
    const found =
      beginnings(people, roomId)[step] ?? choose(random, made, (name) => moveKinds[name]?.find(facts, random) ?? null)
    if (found) await makeMove(step, found)
  }

  async function makeMove(step: number, { name, move }: NamedMove): Promise<void> {
    const server = random.pick(servers)
    const type = String(mutations[name]?.args[0]?.type)
    const query = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`
    const { errors } = await move.by.client.at(server).attempt(query, { input: move.input })
    const code = errors?.[0]?.extensions.code
    story.push(
      `${step}: ${nameOf(move.by.id)} ${name} ${JSON.stringify(move.input)} ${errors ? JSON.stringify(code) : ''}`,
    )
    if (code === 'INTERNAL') throw new Error(JSON.stringify(errors))
    if (!errors) made.set(name, (made.get(name) ?? 0) + 1)
  }

  async function judge(where: string): Promise<void> {
    for (const observer of observers) await observer.judge(where)
  }

  let snapshots = 0
  try {
    await judge('at the start')
    for (let step = 1; step <= steps; step++) {
      const observer = random.pick(observers)
      const [takes, reconnects] = [random.chance(0.15), random.chance(0.2)]
      await Promise.all([make(step), takes && observer.takeSnapshot()])
      if (reconnects) await observers[3]?.reconnect()
      if (step % stepsBetweenJudgements === 0) await judge(`after step ${step}`)
    }
    await judge('at the end')
    for (const observer of observers) snapshots += await observer.judgeSnapshots('at the end')
    const { members } = await readFacts(db, { people, roomId, step: steps + 1 })
    const last = members.find(({ rank }) => rank === 3)
    if (!last) throw new Error('nobody owns the room')
    await makeMove(steps + 1, { name: 'deleteRoom', move: { by: last.person, input: { roomId } } })
    await judge('after the room is deleted')
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    const names = observers.map(({ name, client }) => `${name} is ${client.userId}`).join(', ')
    throw new Error(`SEQUENCE_SEED=${seed}: ${told}\n\n${names}\n${story.join('\n')}`, { cause: error })
  } finally {
    for (const observer of observers) observer.stop()
  }
  return { made, heard, snapshots }
}

interface NamedMove {
  readonly name: string
  readonly move: Move
}

/** Returns the first moves of each sequence: two members hide a member of their room, one of them its owner; and requests to answer, one of them into the room. */
function beginnings(people: readonly Person[], roomId: string): Record<number, NamedMove> {
  const between = (name: string, from: number, to: number): NamedMove[] => {
    const [by, other] = [people[from], people[to]]
    return by && other ? [{ name, move: { by, input: { userId: other.id } } }] : []
  }
  const [owner, ...asked] = [people[0], people[5], people[6]]
  // who lets only friends add them is asked
  const asking = asked.flatMap((by): NamedMove[] =>
    owner && by
      ? [
          { name: 'updateProfile', move: { by, input: { directMessagePolicy: 'FRIENDS' } } },
          { name: 'addMembers', move: { by: owner, input: { roomId, userIds: [by.id] } } },
        ]
      : [],
  )
  const moves = [
    ...asking,
    ...between('blockUser', 2, 1),
    ...between('sendFriendRequest', 5, 6),
    ...between('blockUser', 4, 0),
    ...between('sendFriendRequest', 6, 0),
    ...between('sendFriendRequest', 3, 5),
    ...between('sendFriendRequest', 1, 3),
  ]
  return Object.fromEntries(moves.map((move, index) => [3 + 2 * index, move]))
}

/** Chooses a move that can be made: now and then the one that was made least. */
function choose(
  random: Random,
  made: ReadonlyMap<string, number>,
  find: (name: string) => Move | null,
): NamedMove | null {
  const names = Object.keys(moveKinds)
  const rare = names.toSorted((a, b) => (made.get(a) ?? 0) - (made.get(b) ?? 0))
  const weighted = names.flatMap((name) => Array.from({ length: moveKinds[name]?.weight ?? 1 }, () => name))
  const order = random.chance(0.4) ? rare : Array.from({ length: 20 }, () => random.pick(weighted))
  for (const name of order) {
    const move = find(name)
    if (move) return { name, move }
  }
  return null
}

/** How each of the people observes: the owner, members, and the others who come in the middle. */
const observing = [
  { name: 'the owner', isPersonal: true, followsRoom: true },
  { name: 'a member', isPersonal: false, followsRoom: true },
  { name: 'another member', isPersonal: false, followsRoom: true },
  { name: 'who reconnects', isPersonal: false, followsRoom: true },
  { name: 'a member who looks closely', isPersonal: true, followsRoom: true },
  { name: 'a newcomer', isPersonal: true, followsRoom: true },
  { name: 'a stranger', isPersonal: false, followsRoom: false },
]

function observe({
  seed,
  people,
  roomId,
  servers,
  onEvent,
}: {
  seed: number
  people: readonly Person[]
  roomId: string
  servers: readonly [Server, Server]
  onEvent(type: string): void
}): Promise<Observer[]> {
  return Promise.all(
    people.map(({ client }, index) => {
      const how = observing[index] ?? { name: `observer ${index}`, isPersonal: false, followsRoom: false }
      return createObserver({ ...how, client, servers, roomId, random: createRandom(seed + index + 1), onEvent })
    }),
  )
}
