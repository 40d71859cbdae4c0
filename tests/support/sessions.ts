import { TypeID } from 'typeid-js'
import type { KabarServer } from '../../src/server.ts'
import { enter, type Grant } from '../support/accounts.ts'
import { post, type Server } from '../support/client.ts'
import { uuidOf } from './members.ts'

export const sessionOf = ({ viewer }: Grant) => uuidOf(viewer.session.id)
export const refresh = (server: Server, { refreshToken }: Pick<Grant, 'refreshToken'>) =>
  enter(server, 'refreshSession', { refreshToken })

/** Makes every replaced refresh token of a session so much older. */
export const age = ({ database }: KabarServer, grant: Grant, ms: number) =>
  database.pool.query(
    `update refresh_tokens set replaced_at = replaced_at - $2 * interval '1 ms', created_at = created_at - $2 * interval '1 ms'
     where session_id = $1`,
    [sessionOf(grant), ms],
  )

/** The sessions of a user that have ended, in the order of the events that say so. */
export async function endedSessions({ database }: KabarServer, { viewer }: Grant): Promise<string[]> {
  const { rows } = await database.pool.query(
    `select subject from events where topic_id = $1 and kind = 'SESSION_ENDED' order by seq`,
    [uuidOf(viewer.user.id)],
  )
  return rows.map((row) => TypeID.fromUUID('session', row.subject).toString())
}

export async function revoke(server: Server, { accessToken }: Grant, sessionId: string) {
  const query = 'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { session { id endedAt } } }'
  const answer = await post<{ revokeSession: { session: { id: string; endedAt: string | null } } }>(server, {
    query,
    variables: { id: sessionId },
    token: accessToken,
  })
  return answer.errors?.[0]?.extensions.code ?? answer.data?.revokeSession.session
}
