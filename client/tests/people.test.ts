import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { listen, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'

const addMembers = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { invitations { id } }
}`
const updateProfile = 'mutation { updateProfile(input: { directMessagePolicy: FRIENDS }) { __typename } }'
const answer = (name: string) => `mutation ($id: ID!) { ${name}(input: { invitationId: $id }) { __typename } }`

test('invitations come and go with the events of the viewer, and are read by who looks later', async ({ one, two }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(two, 'Bob')
  await bob.mutate(updateProfile)
  const early = listen(bob.people)
  await expect.poll(() => early.getSnapshot().isLoaded).toBe(true)
  const user = bob.session.getSnapshot().user ?? expect.fail('signed in')
  const invite = async () => {
    const roomId = await makeRoom(ada)
    await ada.mutate(addMembers, { roomId, userIds: [user.id] })
    return roomId
  }
  const [first, second] = [await invite(), await invite()]
  const rooms = () => early.getSnapshot().invitations.map(({ room }) => room.id)
  await expect.poll(rooms).toEqual([second, first])
  expect(early.getSnapshot().invitations[0]).toMatchObject({ room: { name: 'Tea' }, invitedBy: { displayName: 'Ada' } })
  const [newest, oldest] = early.getSnapshot().invitations
  await bob.mutate(answer('declineInvitation'), { id: newest?.id })
  await expect.poll(rooms).toEqual([first])
  await bob.mutate(answer('acceptInvitation'), { id: oldest?.id })
  await expect.poll(rooms).toEqual([])
  await expect
    .poll(() =>
      listen(bob.rooms)
        .getSnapshot()
        .rooms.map(({ id }) => id),
    )
    .toEqual([first])
  await invite()
  const late = makeKabar(one)
  late.session.adopt({ accessToken: (await bob.session.accessToken()) ?? '', user })
  await expect.poll(() => listen(late.people).getSnapshot().invitations.length).toBe(1)
})
