// A send as one prepared statement, with its notification in it.

import pg from 'pg'
import { sendAndNotifyStatement } from '../send-statement.ts'
import { serveSends } from './send-schema.ts'
import { serve } from './serve.ts'

await serve(async ({ databaseUrl, poolSize }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize })
  const url = await serveSends(async ({ id, roomId, authorId, body }) => {
    const values = [id, roomId, authorId, body]
    const { rows } = await pool.query<{ number: number }>({ name: 'send', text: sendAndNotifyStatement, values })
    const [row] = rows
    if (!row) throw new Error('You are not a member of this room.')
    return row.number
  })
  return { url }
})
