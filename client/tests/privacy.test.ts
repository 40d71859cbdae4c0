import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { follow, listen, makeGuest, makeRoom } from './setup/clients.ts'

const updateProfile = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { viewer { showsReceipts showsPresence showsLastSeen } }
}`

test('who hides receipts and presence sees those of others no longer, until they show them again', async ({ one }) => {
  const [ada, bob] = [await makeGuest(one, 'Ada'), await makeGuest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const [adas, bobs, account] = [follow(ada, roomId), follow(bob, roomId), listen(ada.account)]
  const { id: bobId } = bob.session.getSnapshot().user ?? expect.fail('signed in')
  await expect.poll(() => [adas.getSnapshot().isLive, bobs.getSnapshot().isLive]).toEqual([true, true])
  await adas.send({ body: 'hello' })
  const delivery = () => adas.getSnapshot().messages.find(({ body }) => body === 'hello')?.delivery
  await expect.poll(() => bobs.getSnapshot().messages.some(({ body }) => body === 'hello')).toBe(true)
  await bobs.markRead(bobs.getSnapshot().messageCount)
  await expect.poll(delivery).toBe('READ')
  await ada.mutate(updateProfile, { input: { showsReceipts: false, showsPresence: false } })
  await expect.poll(delivery).toBe('SENT')
  expect(account.getSnapshot()).toMatchObject({ showsReceipts: false, showsPresence: false, showsLastSeen: true })
  expect(adas.getSnapshot().presence.get(bobId)).toBeUndefined()
  await ada.mutate(updateProfile, { input: { showsReceipts: true, showsPresence: true } })
  await expect.poll(delivery).toBe('READ')
  // the other hides theirs
  await bob.mutate(updateProfile, { input: { showsPresence: false } })
  await expect.poll(() => adas.getSnapshot().presence.get(bobId)).toBe('OFFLINE')
})
