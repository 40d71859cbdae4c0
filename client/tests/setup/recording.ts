// A history of a room as a real server tells it to one member: each event, and beside it what a fresh read gives.

import { expect } from 'vitest'
import { createRandom } from '../../../tests/simulation/virtual-time.ts'
import type { Server } from '../../../tests/support/client.ts'
import type { Kabar } from '../../src/api/kabar.ts'
import type { RoomSnapshotQuery } from '../../src/generated/operations.ts'
import { roomDigestQuery, roomEventsSubscription, roomSnapshotQuery } from '../../src/operations/room.ts'
import { digestParts } from '../../src/store/digest.ts'
import type { RoomEvent } from '../../src/store/room-events.ts'
import { makeGuest, makeRoom } from './clients.ts'

/** A room as a fresh read gives it. It has all messages. */
export type Snapshot = NonNullable<RoomSnapshotQuery['room']>

/** One change: the events that tell of it, and the room after it. */
export interface Frame {
  readonly events: readonly RoomEvent[]
  readonly snapshot: Snapshot
  /** The nonce of the message that the viewer has sent with it; null for the changes of others. */
  readonly own: string | null
}

/** A history, from a room with some messages on. */
export interface Recording {
  readonly roomId: string
  readonly viewerId: string
  readonly frames: readonly Frame[]
  /** The digest of all messages at the end, by the server. */
  readonly digest: string
}

/** The part that the viewer has in a recording. */
export interface Part {
  readonly role: 'ADMIN' | 'MEMBER'
  /** True if the viewer has blocked one of the members: changes of theirs are hidden. */
  readonly blocks: boolean
}

/** Signs of life that come when they like: the store does not depend on them. */
const hints: ReadonlySet<string> = new Set(['Synced', 'TypingChanged', 'PresenceChanged', 'ReceiptAdvanced'])
const emojis = ['👍', '🎉', '❤️']
const framesWanted = 45

const idOf = ({ session }: Kabar) => session.getSnapshot().user?.id ?? ''

async function mutate(kabar: Kabar, name: string, input: object, type = name): Promise<void> {
  const inputType = `${type.replace(/^./, (letter) => letter.toUpperCase())}Input`
  await kabar.mutate(`mutation ($input: ${inputType}!) { ${name}(input: $input) { __typename } }`, { input })
}

/** Plays a history at a server, and records it. */
export async function record(server: Server, seed: number, { role, blocks }: Part): Promise<Recording> {
  const random = createRandom(seed)
  const [ada, bob, eve] = [
    await makeGuest(server, 'Ada'),
    await makeGuest(server, 'Bob'),
    await makeGuest(server, 'Eve'),
  ]
  const roomId = await makeRoom(bob, [ada, eve])
  await mutate(bob, 'setMemberRole', { roomId, userId: idOf(ada), role })
  if (blocks) await mutate(ada, 'blockUser', { userId: idOf(eve) }, 'block')
  const read = async (): Promise<Snapshot> => {
    const { room } = await ada.query(roomSnapshotQuery, { roomId, last: 50, members: 100 })
    return room ?? expect.fail('a room')
  }
  const frames: Frame[] = [{ events: [], snapshot: await read(), own: null }]
  const heard: RoomEvent[] = []
  const variables = { roomId, after: frames[0]?.snapshot.eventCursor ?? null }
  const stop = ada.subscribe(roomEventsSubscription, variables, { next: ({ roomEvents }) => heard.push(roomEvents) })
  let words = 0
  const body = () => `message ${++words}`
  const message = () => random.pick(frames.at(-1)?.snapshot.messages.nodes ?? []).id
  const others = [bob, eve]
  const anybody = [ada, bob, eve]
  let own: string | null = null
  const sendOwn = () => {
    own = `own ${words}`
    return mutate(ada, 'sendMessage', { roomId, body: body(), nonce: own })
  }
  const moves: (() => Promise<void>)[] = [
    ...Array.from({ length: 4 }, () => () => mutate(random.pick(others), 'sendMessage', { roomId, body: body() })),
    ...[sendOwn, sendOwn, sendOwn],
    () => mutate(random.pick(others), 'sendMessage', { roomId, body: body(), replyToId: message() }),
    () => mutate(random.pick(anybody), 'editMessage', { messageId: message(), body: body() }),
    () => mutate(random.pick(anybody), 'editMessage', { messageId: message(), body: body() }),
    () => mutate(random.pick(anybody), 'deleteMessage', { messageId: message() }),
    ...Array.from({ length: 2 }, () => () => {
      return mutate(
        random.pick(anybody),
        'addReaction',
        { messageId: message(), emoji: random.pick(emojis) },
        'reaction',
      )
    }),
    () =>
      mutate(random.pick(anybody), 'removeReaction', { messageId: message(), emoji: random.pick(emojis) }, 'reaction'),
    () => mutate(bob, 'pinMessage', { messageId: message() }),
    () => mutate(bob, 'unpinMessage', { messageId: message() }, 'pinMessage'),
    () => mutate(bob, 'updateRoom', { roomId, name: `Room ${body()}` }),
    () => mutate(bob, 'setMemberRole', { roomId, userId: idOf(eve), role: random.pick(['ADMIN', 'MEMBER']) }),
    () => {
      const until = random.chance(0.5) ? new Date(Date.now() + 86_400_000).toISOString() : null
      return mutate(bob, 'muteMember', { roomId, userId: idOf(eve), until })
    },
    () => mutate(eve, 'leaveRoom', { roomId }),
    ...Array.from({ length: 2 }, () => () => mutate(eve, 'joinRoom', { roomId })),
  ]
  await mutate(bob, 'sendMessage', { roomId, body: body() })
  for (let tries = 0; tries < 10 * framesWanted; tries++) {
    const snapshot = await read()
    if (snapshot.eventCursor !== frames.at(-1)?.snapshot.eventCursor) {
      // each change has an event of its own, and what a read says is told up to the last one
      await expect.poll(() => heard.at(-1)?.cursor, { interval: 5 }).toBe(snapshot.eventCursor)
      const events = heard.splice(0).filter(({ __typename }) => !hints.has(__typename))
      frames.push({ events, snapshot, own })
    }
    if (frames.length === framesWanted) break
    own = null
    // what is refused, such as an edit of what another one has said, changes nothing
    await random
      .pick(moves)()
      .catch(() => (own = null))
  }
  stop()
  const last = frames.at(-1)?.snapshot
  const digestVariables = { roomId, from: 1, to: last?.messageCount ?? 0, parts: [...digestParts] }
  const { room } = await ada.query(roomDigestQuery, digestVariables)
  expect([frames.length, room?.digest.eventCursor === last?.eventCursor]).toEqual([framesWanted, true])
  return { roomId, viewerId: idOf(ada), frames, digest: room?.digest.hash ?? '' }
}
