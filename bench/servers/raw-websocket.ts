// The limit: `ws` alone, which prepares one frame per message and sends it to every socket in a loop.

import { WebSocketServer } from 'ws'
import { listen } from './listen.ts'
import { createMessages } from './message.ts'
import { serve } from './serve.ts'

await serve(async () => {
  const makeMessage = createMessages()
  const { server, url } = await listen((_, response) => response.writeHead(404).end())
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const { body, count } = JSON.parse(data.toString()) as { body: string; count: number }
      for (let i = 0; i < count; i++) broadcast(body)
    })
  })

  function broadcast(body: string): void {
    const text = JSON.stringify({ id: '1', type: 'next', payload: { data: { messageAdded: makeMessage(body) } } })
    const frame = Buffer.from(text)
    for (const socket of sockets.clients) socket.send(frame, { binary: false })
  }

  return {
    url,
    drop() {
      for (const socket of sockets.clients) socket.close(1012)
    },
  }
})
