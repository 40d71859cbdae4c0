import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { newUuid } from '../../src/database/uuid.ts'
import { formatId } from '../../src/input/ids.ts'
import { documentOf, type Kind, variablesOf } from '../oracles/authorization/documents.ts'
import { type Ask, queries, roomMutations, subscriptions } from '../oracles/authorization/fields.ts'
import { type Actor, actorsIn } from '../oracles/authorization/rules.ts'
import { makeCast, makeWorld, secretWord, type World } from '../oracles/authorization/world.ts'
import { type Client, makeRoom } from '../support/client.ts'
import { test } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

/** The same world with ids that nothing has. */
function nowhere(world: World): World {
  return { ...emptied(world), roomId: formatId('Room', newUuid()), code: 'ZZZZZZZZ' }
}

/** The same room, with ids of what would be in it that nothing has. */
function emptied(world: World): World {
  const message = formatId('Message', newUuid())
  return {
    ...world,
    messages: { member: message, owner: message, muted: message, admin: message },
    mediaId: formatId('Media', newUuid()),
    reportId: formatId('Report', newUuid()),
    inviteId: world.inviteId && formatId('Invite', newUuid()),
  }
}

/** Those who must not know of an INVITE or DIRECT room. */
const outsiders: readonly Actor[] = ['nobody', 'stranger', 'former', 'banned']

/** Lists questions with ids. The code of an invite is a key, not an id. */
function questions(): { kind: Kind; field: string; ask: Ask }[] {
  const tables = { query: queries, mutation: roomMutations }
  return Object.entries(tables).flatMap(([kind, table]) =>
    Object.entries(table).flatMap(([field, asks]) =>
      asks
        .filter(({ rule }) => rule !== 'invited' && rule !== 'invitedPreview')
        .map((ask) => ({ kind: kind as Kind, field, ask })),
    ),
  )
}

/** Asks for what is secret and for what does not exist. */
async function bothWays(
  client: Client,
  query: string,
  { given, world, empty = nowhere(world) }: { given: (world: World) => unknown; world: World; empty?: World },
) {
  const look = async (at: World) => {
    let text = ''
    const statements = await statementsOf(async () => {
      text = JSON.stringify(await client.attempt(query, (await given(at)) as Record<string, unknown>))
    })
    return { text, statements: statements.length }
  }
  return { secret: await look(world), nothing: await look(empty) }
}

test('what one may not see is answered as what does not exist, in text and in work', async ({ one }) => {
  const cast = await makeCast(one)
  const uneven: string[] = []
  for (const place of ['INVITE', 'DIRECT'] as const) {
    const world = await makeWorld(cast, place)
    for (const actor of actorsIn(place).filter((who) => outsiders.includes(who))) {
      for (const { kind, field, ask } of questions()) {
        if (field === 'revokeInvite' && !world.inviteId) continue
        const given = async (at: World) => variablesOf(kind, field, await ask.given(at, actor))
        const { secret, nothing } = await bothWays(cast[actor], documentOf(kind, field), { given, world })
        const name = `${field} by ${actor} in ${place}`
        expect(secret.text, name).toBe(nothing.text)
        // a room and a message of it need fewer than two things apart
        if (field !== 'nodes' && secret.statements !== nothing.statements) {
          uneven.push(`${name}: ${secret.statements} statements, but ${nothing.statements} for nothing`)
        }
      }
    }
  }
  expect(uneven).toEqual([])
})

test('what is in a room that everybody may know is answered as what does not exist to those outside', async ({
  one,
}) => {
  const cast = await makeCast(one)
  let compared = 0
  for (const place of ['OPEN', 'PASSWORD', 'archived'] as const) {
    const world = await makeWorld(cast, place)
    const empty = emptied(world)
    for (const actor of actorsIn(place).filter((who) => outsiders.includes(who))) {
      for (const { kind, field, ask } of questions()) {
        const given = async (at: World) => variablesOf(kind, field, await ask.given(at, actor))
        const [asked, other] = await Promise.all([given(world), given(empty)])
        // what names the room alone, or a file that is uploaded for the question
        if (isDeepStrictEqual(asked, other) || field === 'sendMessage') continue
        const { secret, nothing } = await bothWays(cast[actor], documentOf(kind, field), { given, world, empty })
        expect(secret.text, `${field} by ${actor} in ${place}`).toBe(nothing.text)
        compared += 1
      }
    }
  }
  expect(compared).toBeGreaterThan(100)
})

test('ids and cursors of what one may not see are answered as those of nothing, from a room of one’s own', async ({
  one,
}) => {
  const cast = await makeCast(one)
  const { stranger } = cast
  const world = await makeWorld(cast, 'INVITE')
  const roomId = await makeRoom(stranger)
  const cursorOf = (id: string) => Buffer.from(JSON.stringify([id])).toString('base64url')
  const send = documentOf('mutation', 'sendMessage')
  const asked: [string, (at: World) => unknown][] = [
    [send, ({ messages }) => ({ input: { roomId, body: 'hello', replyToId: messages.member } })],
    [send, ({ mediaId }) => ({ input: { roomId, body: 'hello', attachmentIds: [mediaId] } })],
    [
      documentOf('query', 'searchMessages'),
      ({ messages }) => ({ query: secretWord, after: cursorOf(messages.member) }),
    ],
    [
      documentOf('query', 'nodes'),
      (at) => ({ ids: [at.roomId, at.mediaId, at.messages.member, at.reportId, at.inviteId] }),
    ],
  ]
  for (const [query, given] of asked) {
    const { secret, nothing } = await bothWays(stranger, query, { given, world })
    expect(secret.text).toBe(nothing.text)
  }
  for (const field of Object.keys(subscriptions).filter((name) => name !== 'viewerEvents')) {
    const refusals = [world, nowhere(world)].map(async (at) => {
      const stream = stranger.follow(documentOf('subscription', field), { roomId: at.roomId })
      return stream.next().then(JSON.stringify, (error: Error) => error.message)
    })
    const [secret, nothing] = await Promise.all(refusals)
    expect(secret).toContain('NOT_FOUND')
    expect(secret).toBe(nothing)
  }
})
