import pg from 'pg'
import { v7 as uuid } from 'uuid'
import { sendStatement } from '../send-statement.ts'
import type { Sender } from './senders.ts'

/** Opens a sender that is a connection to PostgreSQL with one prepared statement, and no server between. */
export async function openPostgresSender(options: {
  databaseUrl: string
  roomUuid: string
  userId: string
  body: string
}): Promise<Sender> {
  const client = new pg.Client(options.databaseUrl)
  await client.connect()
  return {
    async send() {
      const values = [uuid(), options.roomUuid, options.userId, options.body]
      const { rowCount } = await client.query({ name: 'send', text: sendStatement, values })
      if (rowCount !== 1) throw new Error('a send stored nothing')
    },
    end: () => void client.end(),
  }
}
