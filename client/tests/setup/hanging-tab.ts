// A tab that leads, hangs when it is told to, and goes on once another thread wakes it.

import { parentPort, workerData } from 'node:worker_threads'
import { createKabar } from '../../src/kabar.ts'

const { url, session, roomId, wake } = workerData as { url: string; session: string; roomId: string; wake: Int32Array }
const kabar = createKabar({
  url,
  sessionStorage: { load: () => session, save() {} },
  sharesConnection: true,
})
const room = kabar.room(roomId)
const tell = () => {
  const { isLive, messages } = room.getSnapshot()
  const { transport } = kabar.connection.getSnapshot()
  parentPort?.postMessage({ isLive, transport, bodies: messages.map(({ body }) => body) })
}
room.subscribe(tell)
kabar.connection.subscribe(tell)
tell()
parentPort?.on('message', () => {
  parentPort?.postMessage('hangs')
  Atomics.wait(wake, 0, 0)
})
