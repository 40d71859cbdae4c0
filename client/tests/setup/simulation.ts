// Three people at two servers, who do things at random while their connections are cut, held, and their pages reloaded.

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { createRandom, type Random } from '../../../tests/simulation/virtual-time.ts'
import type { Server } from '../../../tests/support/client.ts'
import type { Kabar, KabarOptions } from '../../src/api/kabar.ts'
import type { Room } from '../../src/api/room.ts'
import { createKabar } from '../../src/kabar.ts'
import { memoryPersistence } from '../../src/persistence/memory.ts'
import { memorySession } from '../../src/session/storage.ts'
import { fresh, freshList, shown, shownList } from './fresh.ts'
import { createSockets } from './sockets.ts'

/** A stored message of a room. */
interface Target {
  readonly id: string
  readonly number: number
}

/** Somebody with a page. */
interface Person {
  readonly name: string
  kabar: Kabar
  room: Room
  stop(): void
  readonly sockets: ReturnType<typeof createSockets>
  reload(): Promise<void>
  id(): string
}

/** The parameters of a simulation. */
export interface SimulationParts {
  readonly servers: readonly [Server, Server]
  /** Makes the feed of the room another one, as a database that was put back does. */
  replaceFeed(roomId: string): Promise<void>
}

/** A room and its people, who go on from one sequence to the next. */
export interface Simulation {
  /** Plays the sequence of a seed, and waits until everybody shows what there is. Throws with the story otherwise. */
  play(seed: number): Promise<void>
  readonly did: ReadonlyMap<string, number>
  close(): Promise<void>
}

const emojis = ['👍', '🎉', '❤️']
const patienceMs = Number(process.env.CLIENT_PATIENCE_MS ?? 30_000)

/** Makes three people in one room. */
export async function createSimulation({ servers, replaceFeed }: SimulationParts): Promise<Simulation> {
  let random: Random = createRandom(1)
  let roomId = ''
  const did = new Map<string, number>()
  const story: string[] = []
  const faults: string[] = []

  async function createPerson(name: string): Promise<Person> {
    const sockets = createSockets((url) => {
      const { host } = new URL(random.pick(servers).url)
      return Object.assign(new URL(url), { host }).href
    })
    const options: KabarOptions = {
      url: `${servers[0].url}/graphql`,
      WebSocket: sockets.WebSocket,
      sharesConnection: false,
      transport: 'socket',
      sessionStorage: memorySession(),
      persistence: memoryPersistence(),
      verify: 'always',
      onDivergence: (found) => faults.push(`${name} diverged: ${JSON.stringify(found)}`),
      onError: (error) => faults.push(`${name}: ${error.message}`),
    }
    const open = () => {
      person.kabar = createKabar(options)
      person.room = person.kabar.room(roomId)
      const stops = [person.room.subscribe(() => {}), person.kabar.rooms.subscribe(() => {})]
      person.stop = () => {
        for (const stop of stops) stop()
      }
    }
    const kabar = createKabar(options)
    await kabar.session.signInAsGuest({ displayName: name })
    const person: Person = {
      ...{ name, kabar, room: kabar.room(roomId), sockets, stop() {} },
      id: () => person.kabar.session.getSnapshot().user?.id ?? '',
      async reload() {
        person.stop()
        await person.kabar.close()
        open()
      },
    }
    return person
  }

  const [ada, bob, eve] = [await createPerson('Ada'), await createPerson('Bob'), await createPerson('Eve')]
  const people = [ada, bob, eve]
  const { createRoom } = await ada.kabar.mutate<{ createRoom: { room: { id: string } } }>(
    'mutation { createRoom(input: { name: "Tea", access: OPEN }) { room { id } } }',
  )
  roomId = createRoom.room.id
  for (const person of people) {
    if (person !== ada) await mutate(person, 'joinRoom', { roomId })
    await person.reload()
  }

  async function mutate(person: Person, name: string, input: object): Promise<void> {
    const type = name.replace(/^./, (letter) => letter.toUpperCase())
    const types: Record<string, string> = { blockUser: 'Block', unblockUser: 'Block' }
    const query = `mutation ($input: ${types[name] ?? type}Input!) { ${name}(input: $input) { __typename } }`
    await person.kabar.mutate(query, { input }).catch(() => {})
  }

  const message = (person: Person): Target | undefined => {
    const { messages } = person.room.getSnapshot()
    const stored = messages.flatMap(({ id, number }) => (id !== null && number !== null ? [{ id, number }] : []))
    return stored.length > 0 ? random.pick(stored.slice(-12)) : undefined
  }
  const onMessage = (task: (person: Person, of: Target) => unknown) => (person: Person) => {
    const of = message(person)
    // what is refused is refused: the store is what is looked at
    if (of) void Promise.resolve(task(person, of)).catch(() => {})
  }
  let counter = 0
  const words = () => {
    counter += 1
    return `message ${counter}`
  }

  /** Moves of people, with their weights. */
  const moves: Record<string, { weight: number; make(person: Person): unknown }> = {
    send: { weight: 8, make: (person) => void person.room.send({ body: words() }).catch(() => {}) },
    reply: { weight: 3, make: onMessage((person, { id }) => person.room.send({ body: words(), replyToId: id })) },
    edit: { weight: 4, make: onMessage((person, { id }) => person.room.edit(id, words())) },
    delete: { weight: 2, make: onMessage((person, { id }) => person.room.remove(id)) },
    react: { weight: 4, make: onMessage((person, { id }) => person.room.react(id, random.pick(emojis))) },
    unreact: { weight: 2, make: onMessage((person, { id }) => person.room.unreact(id, random.pick(emojis))) },
    pin: { weight: 2, make: onMessage((person, { id }) => person.room.pin(id)) },
    unpin: { weight: 1, make: onMessage((person, { id }) => person.room.unpin(id)) },
    read: { weight: 3, make: (person) => void person.room.markRead().catch(() => {}) },
    save: { weight: 2, make: onMessage((person, { id }) => person.room.save(id)) },
    unsave: { weight: 1, make: onMessage((person, { id }) => person.room.unsave(id)) },
    unread: { weight: 2, make: onMessage((person, { number }) => person.room.markUnread(number)) },
    top: { weight: 1, make: (person) => void person.kabar.rooms.pin(roomId).catch(() => {}) },
    untop: { weight: 1, make: (person) => void person.kabar.rooms.unpin(roomId).catch(() => {}) },
    notify: {
      weight: 1,
      make(person) {
        const choice = random.chance(0.5)
          ? { level: random.pick(['ALL', 'MENTIONS', 'NONE'] as const) }
          : { mentionedByReplies: random.chance(0.5) }
        void person.kabar.rooms.setNotifications(roomId, choice).catch(() => {})
      },
    },
    older: { weight: 2, make: (person) => void person.room.loadOlder().catch(() => {}) },
    jump: {
      weight: 1,
      make(person) {
        const at = 1 + random.below(Math.max(1, person.room.getSnapshot().messageCount))
        void person.room.load(at - 3, at + 3).catch(() => {})
      },
    },
    rename: { weight: 1, make: () => mutate(ada, 'updateRoom', { roomId, name: `Room ${words()}` }) },
    role: {
      weight: 1,
      make: () => mutate(ada, 'setMemberRole', { roomId, userId: bob.id(), role: random.pick(['ADMIN', 'MEMBER']) }),
    },
    mute: {
      weight: 1,
      make() {
        const until = random.chance(0.3) ? new Date(Date.now() + 86_400_000).toISOString() : null
        return mutate(ada, 'muteMember', { roomId, userId: random.pick([bob, eve]).id(), until })
      },
    },
    leave: { weight: 1, make: () => mutate(eve, 'leaveRoom', { roomId }) },
    join: { weight: 3, make: () => mutate(eve, 'joinRoom', { roomId }) },
    block: { weight: 1, make: () => mutate(bob, 'blockUser', { userId: eve.id() }) },
    unblock: { weight: 2, make: () => mutate(bob, 'unblockUser', { userId: eve.id() }) },
    cut: { weight: 3, make: (person) => person.sockets.cut() },
    hold: { weight: 2, make: (person) => person.sockets.hold() },
    release: { weight: 2, make: (person) => person.sockets.release() },
    reload: { weight: 2, make: (person) => person.reload() },
    replace: { weight: 1, make: () => replaceFeed(roomId) },
    wait: { weight: 6, make: () => new Promise((resolve) => setTimeout(resolve, random.below(20))) },
  }
  const names = Object.entries(moves).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name))

  async function settle(person: Person): Promise<void> {
    const of = () => ({ room: shown(person.room), list: shownList(person.kabar) })
    const want = async () => ({ room: await fresh(person.kabar, person.room), list: await freshList(person.kabar) })
    const deadline = Date.now() + patienceMs
    for (;;) {
      // what was refused, to who is muted for example, waits for a decision
      for (const sent of person.room.getSnapshot().pending) if (sent.state === 'failed') sent.discard()
      const [is, shouldBe] = [of(), await want()]
      if (isDeepStrictEqual(is, shouldBe)) return
      if (Date.now() > deadline) assert.deepEqual(is, shouldBe, person.name)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  return {
    did,
    async play(seed) {
      random = createRandom(seed)
      story.length = 0
      try {
        for (let step = 0; step < 12; step++) {
          const [name, person] = [random.pick(names), random.pick(people)]
          story.push(`${person.name} ${name}`)
          if (process.env.CLIENT_STORY) process.stderr.write(`${story.at(-1)}\n`)
          did.set(name, (did.get(name) ?? 0) + 1)
          await moves[name]?.make(person)
        }
        for (const { sockets } of people) sockets.release()
        for (const person of people) await settle(person)
        assert.deepEqual(faults, [])
      } catch (error) {
        const told = error instanceof Error ? error.message : String(error)
        throw new Error(`CLIENT_SEED=${seed}: ${told}\n\n${story.join('\n')}`, { cause: error })
      }
    },
    async close() {
      for (const person of people) {
        person.stop()
        await person.kabar.close()
      }
    },
  }
}
