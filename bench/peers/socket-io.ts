// Socket.IO with its adapter for PostgreSQL, as its documentation shows.

import { createAdapter } from '@socket.io/postgres-adapter'
import pg from 'pg'
import { Server } from 'socket.io'
import { listen } from '../servers/listen.ts'
import { createMessages } from '../servers/message.ts'
import { serve } from '../servers/serve.ts'

await serve(async ({ databaseUrl, poolSize }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize })
  await pool.query(`
    create table if not exists socket_io_attachments (
      id bigserial unique,
      created_at timestamptz default now(),
      payload bytea
    )`)
  const makeMessage = createMessages()
  const { server, url } = await listen((_, response) => response.writeHead(404).end())
  const io = new Server(server, { transports: ['websocket'] })
  io.adapter(createAdapter(pool))
  io.on('connection', (socket) => {
    socket.on('join', (roomId: string) => socket.join(roomId))
    socket.on('publish', (roomId: string, body: string, count: number) => {
      for (let i = 0; i < count; i++) io.to(roomId).emit('messageAdded', makeMessage(body))
    })
  })
  return { url }
})
