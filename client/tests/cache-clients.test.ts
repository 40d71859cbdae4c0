// The same page with urql and with Apollo: what their caches hold is what the store of the same client holds.

import { buildSchema, type GraphQLInterfaceType, isObjectType } from 'graphql'
import { expect, vi } from 'vitest'
import { readText } from '../../tests/support/documents.ts'
import { patienceMs } from '../../tests/support/patience.ts'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import type { Room } from '../src/api/room.ts'
import { possibleTypes } from '../src/apollo/index.ts'
import { kabarCacheSettings } from '../src/urql/index.ts'
import {
  apolloPage,
  aroundQuery,
  type History,
  historyQuery,
  type List,
  listQuery,
  type Page,
  readMutation,
  urqlPage,
} from './setup/cache-pages.ts'
import { bodies, bodyOf, follow, listen, makeGuest, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

test('the cache settings name the types of each interface and all types without an id, as schema.graphql has them', () => {
  const schema = buildSchema(readText('schema.graphql'))
  for (const [name, types] of Object.entries(possibleTypes)) {
    const real = schema.getPossibleTypes(schema.getType(name) as GraphQLInterfaceType).map((type) => type.name)
    expect([name, types.toSorted()]).toEqual([name, real.toSorted()])
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType)
  const embedded = objects.filter(
    (type) => !type.name.startsWith('__') && !roots.includes(type) && !type.getFields().id,
  )
  expect(Object.keys(kabarCacheSettings.keys).toSorted()).toEqual(embedded.map(({ name }) => name).toSorted())
})

/** The room and the list that a page shows, by its cache. */
function shownBy(page: Page, id: string) {
  const messages = page.read<History>(historyQuery, { id, last: 2 })?.room.messages
  const list = page.read<List>(listQuery)?.viewer.memberships.nodes ?? []
  return {
    messages: messages?.nodes.map(({ number, body, editedAt, deletedAt, id: of }) => {
      return { id: of, number, body, editedAt, deletedAt }
    }),
    hasOlder: messages?.pageInfo.hasPreviousPage,
    badges: Object.fromEntries(list.map(({ unreadCount, room }) => [room.name, unreadCount])),
  }
}

/** The same by the store. */
function heldBy(kabar: Kabar, room: Room) {
  const { messages, hasOlder } = room.getSnapshot()
  return {
    messages: messages.map(({ id, number, body, editedAt, deletedAt }) => ({ id, number, body, editedAt, deletedAt })),
    hasOlder,
    badges: Object.fromEntries(kabar.rooms.getSnapshot().rooms.map(({ title, unreadCount }) => [title, unreadCount])),
  }
}

for (const [name, makePage] of [
  ['urql', urqlPage],
  ['Apollo', apolloPage],
] as const) {
  test(`the cache of ${name} holds what the store holds: history, badges, live edits, sends, and after a cut`, async ({
    one,
  }) => {
    const sockets = createSockets()
    let answer = Promise.resolve()
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (bodyOf(init).includes('mutation Send')) await answer
      return await globalThis.fetch(input, init)
    }
    const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket, fetch })
    const bob = await makeGuest(one, 'Bob')
    const id = await makeRoom(ada, [bob])
    const [room, bobs] = [follow(ada, id), follow(bob, id)]
    listen(ada.rooms)
    const say = async (...texts: string[]) => {
      const sent = []
      for (const body of texts) sent.push(await bobs.send({ body }))
      return sent
    }
    const [, second] = await say('one', 'two', 'three', 'four', 'five')
    const page = makePage(ada)
    const isEqual = async () => {
      await expect.poll(() => [room.getSnapshot().isLive, bodies(room)]).toEqual([true, bodies(bobs)])
      await vi.waitFor(() => expect(shownBy(page, id)).toEqual(heldBy(ada, room)), patienceMs)
    }

    // backwards to the first, a page at a time
    page.followList((await page.ask<List>(listQuery)).viewer.eventCursor)
    page.followRoom(id, (await page.ask<History>(historyQuery, { id, last: 2 })).room.eventCursor)
    expect(shownBy(page, id)).toMatchObject({ messages: [{ body: 'four' }, { body: 'five' }], hasOlder: true })
    for (let pages = 0; shownBy(page, id).hasOlder; pages++) {
      expect(pages).toBeLessThan(2)
      const before = page.read<History>(historyQuery, { id, last: 2 })?.room.messages.pageInfo.startCursor
      await page.ask(historyQuery, { id, last: 2, before })
    }
    await isEqual()
    expect(shownBy(page, id).badges).toEqual({ Tea: 5 })

    // live: what is said, edited and deleted
    const [sixth] = await say('six', 'seven')
    await bobs.edit(String(second?.id), 'two, edited')
    await bobs.remove(String(sixth?.id))
    await isEqual()
    expect(shownBy(page, id).badges).toEqual({ Tea: 6 })

    // pages that are read again, and pages beside the list, change nothing
    await page.ask(historyQuery, { id, last: 2 })
    await page.ask(aroundQuery, { id, around: 3 })
    await isEqual()

    // shown at once, and in its place when it is stored: after what was said meanwhile
    let go = () => {}
    answer = new Promise((resolve) => (go = resolve))
    const sending = page.send(id, 'eight')
    const last = (count = 1) => shownBy(page, id).messages?.slice(-count)
    expect(last()).toMatchObject([{ id: 'pending', body: 'eight' }])
    await say('before it')
    await expect.poll(() => last(2)).toMatchObject([{ body: 'before it' }, { body: 'eight' }])
    expect(bodies(room)).not.toContain('eight')
    go()
    await sending
    await isEqual()
    expect(last()).toMatchObject([{ number: 9, body: 'eight' }])

    // refused: shown, and taken back
    const refused = await page.send(id, ' ').catch((error: unknown) => error)
    const { cause = refused } = refused as Error
    expect(JSON.stringify(cause)).toContain('BAD_USER_INPUT')
    await isEqual()

    await page.mutate(readMutation, { id, number: 9 })
    await expect.poll(() => shownBy(page, id).badges).toEqual({ Tea: 0 })
    await isEqual()

    sockets.cut()
    const [tenth] = await say('ten', 'eleven')
    await bobs.edit(String(tenth?.id), 'ten, edited')
    await isEqual()
    await expect.poll(() => shownBy(page, id).badges).toEqual({ Tea: 2 })

    // fields that have not failed keep their values
    const foreign = await makeRoom(bob, [])
    const query =
      'query ($id: ID!) { room(id: $id) { __typename id memberCount members { nodes { __typename id role } } } }'
    const partial = await page.attempt(query, { id: foreign })
    expect(partial.data).toMatchObject({ room: { memberCount: 1, members: null } })
    expect(JSON.stringify(partial.error)).toContain('FORBIDDEN')
  })
}
