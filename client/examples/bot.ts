// A bot that answers every question in a room, each exactly once, however often it is killed.
// KABAR_URL, ROOM_ID and a folder for its session and cursor: node bot.ts ./state

import { connect, fileSession, roomFeed, textFile } from 'kabar-client/node'

const [folder = '.'] = process.argv.slice(2)
const { KABAR_URL = 'http://localhost:4000/graphql', ROOM_ID: roomId = '' } = process.env

const kabar = await connect({ url: KABAR_URL, sessionStorage: fileSession(`${folder}/session`) })
if (kabar.session.getSnapshot().status !== 'signed-in') await kabar.session.signInAsGuest({ displayName: 'Echo' })
await kabar.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id: roomId })

const place = textFile(`${folder}/cursor`)
const after = (await place.read()) ?? (await eventCursor())
const room = kabar.room(roomId)
const me = kabar.session.getSnapshot().user?.id

for await (const event of roomFeed(kabar, roomId, { after })) {
  if (event.__typename === 'MessageSent' && event.message.author?.id !== me && event.message.body.endsWith('?')) {
    const { id, body } = event.message
    // the nonce names the answer: sent again after a crash, it is stored once
    await room.send({ body: `You asked: ${body}`, replyToId: id, nonce: `answer ${id}` })
  }
  await place.write(event.cursor)
}

async function eventCursor(): Promise<string> {
  const query = 'query ($id: ID!) { room(id: $id) { eventCursor } }'
  const answer = await kabar.query<{ room: { eventCursor: string } }>(query, { id: roomId })
  return answer.room.eventCursor
}
