// Clients of the package against the servers of a test.

import { onTestFinished } from 'vitest'
import type { Server } from '../../../tests/support/client.ts'
import type { Kabar, KabarOptions } from '../../src/api/kabar.ts'
import type { Live } from '../../src/api/live.ts'
import type { Room } from '../../src/api/room.ts'
import { createKabar } from '../../src/kabar.ts'
import { memorySession } from '../../src/session/storage.ts'

/** Makes a client that keeps its session in memory, closed at the end of the test. */
export function makeKabar(server: Server, options: Partial<KabarOptions> = {}): Kabar {
  const kabar = createKabar({ url: `${server.url}/graphql`, sessionStorage: memorySession(), ...options })
  onTestFinished(() => kabar.close())
  return kabar
}

/** Makes a client of a new guest. */
export async function makeGuest(server: Server, name: string, options: Partial<KabarOptions> = {}): Promise<Kabar> {
  const kabar = makeKabar(server, options)
  await kabar.session.signInAsGuest({ displayName: name })
  return kabar
}

/** Returns the text that a request sends; empty where it sends none. */
export const bodyOf = (init: RequestInit | undefined): string => (typeof init?.body === 'string' ? init.body : '')

/** Listens to something until the end of the test. */
export function listen<Thing extends Live<unknown>>(thing: Thing): Thing {
  onTestFinished(thing.subscribe(() => {}))
  return thing
}

/** Makes an open room, and lets others join it. Gives its id. */
export async function makeRoom(owner: Kabar, others: readonly Kabar[] = []): Promise<string> {
  const { createRoom } = await owner.mutate<{ createRoom: { room: { id: string } } }>(
    'mutation { createRoom(input: { name: "Tea", access: OPEN }) { room { id } } }',
  )
  const { id } = createRoom.room
  for (const other of others) {
    await other.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id })
  }
  return id
}

/** The room of a client, followed until the end of the test. */
export function follow(kabar: Kabar, id: string): Room {
  return listen(kabar.room(id))
}

/** Returns the bodies that a room shows, with marks for those that are not sent. */
export const bodies = (room: Room): string[] => room.getSnapshot().messages.map(({ body }) => body)
