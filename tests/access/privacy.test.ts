// Presence and last-seen times are shown only between users who both show theirs, by whatever door. For receipts see
// tests/messages/private-receipts.test.ts.

import { describe, expect } from 'vitest'
import { type Client, guest, send } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { test } from '../support/members.ts'
import { connect, followLive, nextOf, presencesOf } from '../support/presence.ts'
import { changePrivacy, hiders, makeThree, privacyFields } from '../support/privacy.ts'

test('the settings are of the viewer, are changed one by one, and are told to other devices', async ({ one }) => {
  const ada = await guest(one)
  const known = { showsReceipts: true, showsPresence: true, showsLastSeen: true }
  expect(await ada.call(`{ viewer { ${privacyFields} } }`)).toEqual({ viewer: known })
  const stream = ada.follow(`subscription { viewerEvents { ... on ProfileUpdated { ${privacyFields} } } }`)
  expect(await stream.nextData()).toEqual({ viewerEvents: {} })
  for (const name of ['showsReceipts', 'showsPresence', 'showsLastSeen'] as const) {
    known[name] = false
    expect(await changePrivacy(ada, { [name]: false })).toEqual(known)
    expect(await stream.nextData()).toEqual({ viewerEvents: known })
    const query = `mutation { updateProfile(input: { ${name}: null }) { viewer { ${privacyFields} } } }`
    expect(await ada.fail(query)).toBe('BAD_USER_INPUT')
  }
})

/** Reads by each door what a viewer sees of another user, who is online. */
const doors: Record<string, (viewer: Client, other: Client, roomId: string) => Promise<unknown>> = {
  status: async (viewer, other) => (await presencesOf(viewer, [other]))[0]?.status,
  lastSeenAt: async (viewer, other) => ((await presencesOf(viewer, [other]))[0]?.lastSeenAt ? 'told' : null),
  async onlineCount(viewer, _, roomId) {
    const query = 'query ($id: ID!) { room(id: $id) { onlineCount } }'
    return (await viewer.call<{ room: { onlineCount: number } }>(query, { id: roomId })).room.onlineCount
  },
  async visits(viewer, other, roomId) {
    const query = 'query ($id: ID!) { room(id: $id) { visits { nodes { user { id } } } } }'
    interface Visits {
      room: { visits: { nodes: { user: { id: string } }[] } }
    }
    const { room } = await viewer.call<Visits>(query, { id: roomId })
    return room.visits.nodes.filter(({ user }) => user.id === other.userId).length
  },
}

const everything = { status: 'ONLINE', lastSeenAt: 'told', onlineCount: 1, visits: 1 }
const nothing = { status: 'OFFLINE', lastSeenAt: null, onlineCount: 0, visits: 0 }

describe('presence', () => {
  const rows = hiders.flatMap(
    ([name, hider]) =>
      [
        [`showsPresence, ${name}`, hider, { showsPresence: false }, hider ? nothing : everything],
        [
          `showsLastSeen, ${name}`,
          hider,
          { showsLastSeen: false },
          hider ? { ...everything, lastSeenAt: null } : everything,
        ],
      ] as const,
  )

  test.for(rows)('is shown by each door where both show theirs: %s', async ([, hider, hidden, expected], { one }) => {
    const { ada, bob, eve, roomId } = await makeThree(one, hider, hidden)
    await befriend(ada, bob)
    // Bob follows the room, and goes on to be online
    await followLive(bob, roomId)
    await one.parts.presenceTracker.settle()
    const look = async (viewer: Client) => {
      const seen: Record<string, unknown> = {}
      for (const [name, door] of Object.entries(doors)) seen[name] = await door(viewer, bob, roomId)
      return seen
    }
    expect(await look(ada)).toEqual(expected)
    // those who hide nothing still see those who hide nothing; plain members see no visits of others
    const byEve = hider === 'bob' ? expected : everything
    expect(await look(eve)).toEqual({ ...byEve, visits: 0 })
    const [own] = await presencesOf(bob, [bob])
    expect(own).toEqual({ status: 'ONLINE', lastSeenAt: expect.any(String) })
    expect(await doors.visits?.(bob, bob, roomId)).toBe(1)
  })

  test('of one who begins to hide it ends for others at once, and comes back', async ({ one, two }) => {
    const { ada, bob, eve, roomId } = await makeThree(one, 'eve', { showsPresence: false })
    await connect(bob)
    const [stream, ofEve] = [await followLive(ada.at(two), roomId), await followLive(eve.at(two), roomId)]
    await changePrivacy(bob, { showsPresence: false })
    expect(await nextOf(stream, bob)).toBe('OFFLINE')
    // what happens now is hidden: the next that is told is that it is not
    await bob.call('mutation { setPresence(input: { status: AWAY }) { user { id } } }')
    await changePrivacy(bob, { showsPresence: true })
    expect(await nextOf(stream, bob)).toBe('AWAY')
    // one who hides theirs hears of none of it
    await ada.call('mutation { updateProfile(input: { bio: "new" }) { viewer { user { id } } } }')
    await send(ada, roomId, 'hello')
    expect((await ofEve.nextData()).roomEvents.__typename).toBe('MessageSent')
  })

  test('hides from mentions of those who are online, but mentions them oneself', async ({ one }) => {
    for (const [, hider, isMentioned] of [
      ['', 'bob', false],
      ['', 'ada', true],
      ['', null, true],
    ] as const) {
      const { ada, bob, roomId } = await makeThree(one, hider, { showsPresence: false })
      await connect(bob)
      await send(ada, roomId, '@here hello')
      const query = 'query ($id: ID!) { room(id: $id) { viewerMembership { mentionCount } } }'
      const mentionCount = isMentioned ? 1 : 0
      expect(await bob.call(query, { id: roomId })).toEqual({ room: { viewerMembership: { mentionCount } } })
    }
  })
})
