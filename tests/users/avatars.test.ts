import { expect } from 'vitest'
import { mediaLimits } from '../../src/config/media.ts'
import { openMediaFiles } from '../../src/media/files.ts'
import { sweepMedia } from '../../src/media/sweep.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { test, uuidOf } from '../support/members.ts'
import { announce, anyBytes, at, findMedia, type MediaView, picture, upload } from '../support/uploads.ts'

const updateProfile = `mutation ($avatarId: ID) {
  updateProfile(input: { avatarId: $avatarId }) { viewer { user { avatar { id } } } }
}`

async function choose(client: Client, avatarId: string | null): Promise<void> {
  const { updateProfile: done } = await client.call<{
    updateProfile: { viewer: { user: { avatar: { id: string } | null } } }
  }>(updateProfile, { avatarId })
  expect(done.viewer.user.avatar?.id ?? null).toBe(avatarId)
}

const uploadPicture = async (client: Client) => upload(client, await picture(), { mimeType: 'image/png' })

async function avatarOf(viewer: Client, { userId }: Client): Promise<MediaView | null> {
  const { node } = await viewer.call<{ node: { avatar: MediaView | null } }>(
    'query ($id: ID!) { node(id: $id) { ... on User { avatar { id url thumbnailUrl } } } }',
    { id: userId },
  )
  return node.avatar
}

test('everybody who is signed in sees an avatar, on every server', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  expect(await avatarOf(bob, ada)).toBeNull()
  const { id } = await uploadPicture(ada)
  expect(await findMedia(bob, id)).toBeNull()
  await choose(ada, id)
  const avatar = await avatarOf(bob, ada)
  expect(avatar?.id).toBe(id)
  expect((await fetch(at(bob, avatar?.thumbnailUrl ?? ''))).status).toBe(200)
  expect(await findMedia(bob, id)).toMatchObject({ id })
})

test('a new avatar, or none, deletes the one before', async ({ one, db }) => {
  const ada = await guest(one)
  const [first, second] = [await uploadPicture(ada), await uploadPicture(ada)]
  await choose(ada, first.id)
  await choose(ada, second.id)
  await choose(ada, second.id)
  expect((await avatarOf(ada, ada))?.id).toBe(second.id)
  await choose(ada, null)
  expect(await avatarOf(ada, ada)).toBeNull()
  for (const { id, url } of [first, second]) {
    expect(await findMedia(ada, id)).toBeNull()
    expect((await fetch(at(ada, url))).status).toBe(404)
  }
  expect(await db.mediaLeftover.count()).toBe(0)
})

test('an avatar is an image of one’s own, uploaded and used for nothing else', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada)
  const sendFiles = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'
  const attached = await uploadPicture(ada)
  await ada.call(sendFiles, { input: { roomId, body: '', attachmentIds: [attached.id] } })
  const { media: pending } = await announce(ada, await picture(), { mimeType: 'image/png' })
  const file = await upload(ada, anyBytes(10))
  for (const { id } of [attached, pending, file, await uploadPicture(bob)])
    expect(await ada.fail(updateProfile, { avatarId: id })).toBe('BAD_USER_INPUT')
  const avatar = await uploadPicture(ada)
  await choose(ada, avatar.id)
  expect(await ada.fail(sendFiles, { input: { roomId, body: '', attachmentIds: [avatar.id] } })).toBe('BAD_USER_INPUT')
})

test('of a choice and a send that race for an image one gets it', async ({ one, two }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const query = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'
  for (let round = 0; round < 5; round++) {
    const { id } = await uploadPicture(ada)
    const [chosen, sent] = await Promise.all([
      ada.attempt(updateProfile, { avatarId: id }),
      ada.at(two).attempt(query, { input: { roomId, body: '', attachmentIds: [id] } }),
    ])
    expect(chosen.errors === undefined).toBe(sent.errors !== undefined)
  }
})

test('a sweep leaves avatars alone', async ({ one, db }) => {
  const ada = await guest(one)
  const { id } = await uploadPicture(ada)
  await choose(ada, id)
  const createdAt = new Date(Date.now() - 2 * mediaLimits.unusedMs)
  await db.media.update({ where: { id: uuidOf(id) }, data: { createdAt } })
  const { config, sql } = one.parts
  await sweepMedia({ files: await openMediaFiles(config, db), db, sql }, new AbortController().signal)
  expect((await avatarOf(ada, ada))?.id).toBe(id)
})

test('events show the avatars of authors', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  await choose(ada, (await uploadPicture(ada)).id)
  const live = bob.follow<{ messageAdded: { author: { avatar: MediaView } } }>(
    'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { author { avatar { url } } } }',
    { roomId },
  )
  await expect.poll(() => two.parts.feed.state().subscribers).toBeGreaterThan(0)
  await send(ada, roomId, 'hello')
  const { messageAdded } = await live.nextData()
  expect(messageAdded.author.avatar.url).toBe((await avatarOf(ada, ada))?.url)
})
