// A bot that answers every question in a room, each exactly once, however often it is killed.
// KABAR_URL, ROOM_ID and a folder for its session and cursor: node bot.ts ./state

import { connect, fileSession, roomFeed, textFile } from 'kabar-client/node'

const [folder = '.'] = process.argv.slice(2)
const { KABAR_URL = 'http://localhost:4000/graphql', ROOM_ID: roomId = '' } = process.env

const kabar = await connect({ url: KABAR_URL, sessionStorage: fileSession(`${folder}/session`) })
if (kabar.session.getSnapshot().status !== 'signed-in') await kabar.session.signInAsGuest({ displayName: 'Echo' })
await kabar.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id: roomId })

type Told = { id: string; body: string; author: { id: string } | null }
const me = kabar.session.getSnapshot().user?.id
const place = textFile(`${folder}/cursor`)
for (let after = (await place.read()) ?? (await read()).eventCursor; ; ) {
  await place.write(after)
  for await (const event of roomFeed(kabar, roomId, { after })) {
    if (event.__typename === 'ResyncRequired') break
    if (event.__typename === 'MessageSent') await answer(event.message)
    await place.write(event.cursor)
  }
  // it was away for too long, or the database was put back: what it may have missed
  const { eventCursor, messages } = await read()
  for (const message of messages.nodes) await answer(message)
  after = eventCursor
}

async function answer({ id, body, author }: Told): Promise<void> {
  // the nonce names the answer: sent again after a crash, it is stored once
  const reply = { body: `You asked: ${body}`, replyToId: id, nonce: `answer ${id}` }
  if (author?.id !== me && body.endsWith('?')) await kabar.room(roomId).send(reply)
}

async function read(): Promise<{ eventCursor: string; messages: { nodes: Told[] } }> {
  const query =
    'query ($id: ID!) { room(id: $id) { eventCursor messages(last: 50) { nodes { id body author { id } } } } }'
  return (await kabar.query<{ room: Awaited<ReturnType<typeof read>> }>(query, { id: roomId })).room
}
