import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createKabar } from '../src/kabar.ts'
import { memorySession } from '../src/session/storage.ts'
import { expectConverged, startKabar } from '../src/testing/index.ts'
import { bodies, follow, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

const cwd = fileURLToPath(new URL('../..', import.meta.url))

test('a server of a test is cut, paused, killed and put back, and a client comes to show what it has', async () => {
  const server = await startKabar({ command: [process.execPath, 'src/main.ts'], cwd })
  onTestFinished(() => server.close())
  const sockets = createSockets()
  const kabar = createKabar({ url: server.url, sessionStorage: memorySession(), WebSocket: sockets.WebSocket })
  onTestFinished(() => kabar.close())
  await kabar.session.signInAsGuest({ displayName: 'Ada' })
  const room = follow(kabar, await makeRoom(kabar))
  await room.send({ body: 'kept' })
  await server.mark()
  await room.send({ body: 'lost' })
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'lost'])

  server.cut()
  server.pause()
  const waiting = room.send({ body: 'while it stands still' })
  expect(room.getSnapshot().pending).toHaveLength(0)
  server.resume()
  await waiting
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'lost', 'while it stands still'])

  // killed, and put back
  await server.rollBack()
  await room.send({ body: 'anew' })
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'anew'])

  // answered, and taken back before its event has come: the client resumes where it was, and nothing tells it of the loss
  await server.mark()
  sockets.hold()
  const answered = room.send({ body: 'answered' })
  await expect.poll(() => room.getSnapshot().messages.at(-1)).toMatchObject({ body: 'answered', state: 'stored' })
  sockets.cut()
  await server.rollBack()
  await answered
  await expectConverged(room)
  expect(bodies(room)).toEqual(['kept', 'anew', 'answered'])

  server.refuse()
  void room.send({ body: 'unsent' }).catch(() => {})
  await expect(expectConverged(room, { withinMs: 200 })).rejects.toThrow(/not up to date|on their way/)
  server.allow()
  await expectConverged(room)
})
