import { describe, expect } from 'vitest'
import { friendLimits } from '../../src/config/friends.ts'
import { guest } from '../support/client.ts'
import { act, befriend, refuse } from '../support/friends.ts'
import { guests, test, uuidOf } from '../support/members.ts'

describe('one past the bound', () => {
  test('a request is refused', async ({ one, db }) => {
    const ada = await guest(one)
    const [last, over] = await guests(one, 2)
    if (!last || !over) throw new Error('nobody')
    const id = uuidOf(ada.userId)
    await db.$executeRaw`
      with topic as (
        insert into topics (id) select gen_random_uuid() from generate_series(1, ${friendLimits.requestsSentMax - 1})
        returning id
      ), other as (
        insert into users (id, display_name, is_guest, updated_at) select id, 'Other', true, now() from topic
        returning id
      )
      insert into friendships (low_id, high_id, requester_id)
      select least(id, ${id}::uuid), greatest(id, ${id}::uuid), ${id}::uuid from other`
    await act(ada, 'sendFriendRequest', last)
    expect(await refuse(ada, 'sendFriendRequest', over)).toBe('CONFLICT')
    await act(ada, 'cancelFriendRequest', last)
    await act(ada, 'sendFriendRequest', over)
  })

  test('a friend is refused, whichever of the two has too many', async ({ one, db }) => {
    const ada = await guest(one)
    const [last, over] = await guests(one, 2)
    if (!last || !over) throw new Error('nobody')
    const id = uuidOf(ada.userId)
    await db.$executeRaw`
      with topic as (
        insert into topics (id) select gen_random_uuid() from generate_series(1, ${friendLimits.friendsMax - 1})
        returning id
      ), other as (
        insert into users (id, display_name, is_guest, updated_at) select id, 'Other', true, now() from topic
        returning id
      )
      insert into friendships (low_id, high_id, requester_id, status, accepted_at)
      select least(id, ${id}::uuid), greatest(id, ${id}::uuid), ${id}::uuid, 'ACCEPTED', now() from other`
    await befriend(ada, last)
    await act(ada, 'sendFriendRequest', over)
    expect(await refuse(over, 'acceptFriendRequest', ada)).toBe('CONFLICT')
    await act(ada, 'cancelFriendRequest', over)
    await act(over, 'sendFriendRequest', ada)
    expect(await refuse(ada, 'acceptFriendRequest', over)).toBe('CONFLICT')
    await act(ada, 'removeFriend', last)
    await act(ada, 'acceptFriendRequest', over)
  })
})
