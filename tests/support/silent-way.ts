// A way to PostgreSQL that is like a pooler in transaction mode: everything passes but notifications.

import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Opens a way to a database on which notifications are lost, until the end of the test. Returns its URL. */
export async function passWithoutNotifications(databaseUrl: string): Promise<string> {
  const to = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(Number(to.port), to.hostname)
    for (const socket of [client, database]) {
      sockets.add(socket.on('error', () => {}))
      socket.on('close', () => {
        client.destroy()
        database.destroy()
      })
    }
    client.pipe(database)
    let rest = Buffer.alloc(0)
    database.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      // each message of PostgreSQL is a letter, its length, and the rest; A is a notification
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        const message = rest.subarray(0, rest.readUInt32BE(1) + 1)
        rest = rest.subarray(message.length)
        if (message[0] !== 'A'.charCodeAt(0)) client.write(message)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const url = new URL(databaseUrl)
  if (address && typeof address === 'object') url.port = String(address.port)
  url.hostname = '127.0.0.1'
  return url.href
}
