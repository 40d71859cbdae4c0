import { limits } from '../../config/config.ts'
import type { Session } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { ViewerRef } from '../schema.ts'
import { sessionExpired } from '../session-cache.ts'
import { listSessions, revokeSession, sessionsByIds, signOut } from './service.ts'

/** The type of a session. */
export const SessionRef = builder.objectRef<Session>('Session').implement({
  description: 'One sign-in of the viewer on one device. It lasts until it is ended, or not refreshed for too long.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `session_…`.', resolve: (session) => formatId('Session', session.id) }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the viewer signed in.' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', description: 'When it was last refreshed.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it ends unless it is refreshed; every refresh moves it forward.',
    }),
    endedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked. Null while it is live, and when it expired.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: `The User-Agent header of the client, at most ${limits.userAgentLengthMax} characters. Null when there was none.`,
    }),
    isCurrent: t.boolean({
      description:
        'True if this is the session of the current request. In events it may be false for the viewer’s own session: compare `id` with that of `viewer.session`.',
      resolve: (session, _, context) => session.id === context.viewer?.sessionId,
    }),
  }),
})

builder.objectFields(ViewerRef, (t) => ({
  session: t.field({
    type: SessionRef,
    description: 'The session of the current request.',
    resolve: async (viewer, _, context) => {
      const session = await load(context, sessionsByIds, viewer.sessionId)
      if (!session) throw sessionExpired()
      return session
    },
  }),
  sessions: t.field({
    type: [SessionRef],
    description: `All live sessions, the last used first: at most ${limits.sessionsPerUserMax}.`,
    resolve: (viewer, _, context) => listSessions(context, viewer),
  }),
}))

const sessionPayload = (name: string, description: string) =>
  builder.objectRef<Session>(name).implement({
    description,
    fields: (t) => ({
      session: t.field({
        type: SessionRef,
        description: 'The session, which has ended.',
        resolve: (session) => session,
      }),
    }),
  })

const RevokeSessionInput = builder.inputType('RevokeSessionInput', {
  description: 'A session to end.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'One of `viewer.sessions`.' }),
  }),
})

builder.mutationFields((t) => ({
  signOut: t.field({
    type: sessionPayload('SignOutPayload', 'The result of signOut.'),
    description: 'Ends the session of the current request. Its subscriptions end within 5 seconds.',
    codes: ['UNAUTHENTICATED'],
    resolve: (_, __, context) => signOut(context),
  }),
  revokeSession: t.field({
    type: sessionPayload('RevokeSessionPayload', 'The result of revokeSession.'),
    description: 'Ends a session of the viewer. Its subscriptions end within 5 seconds.',
    codes: [
      'UNAUTHENTICATED',
      'NOT_FOUND',
      'FORBIDDEN in a session opened by the username alone, for a session that was not',
    ],
    args: { input: t.arg({ type: RevokeSessionInput, required: true, description: 'The session.' }) },
    resolve: (_, { input }, context) => revokeSession(context, parseIds(input, { sessionId: 'Session' }).sessionId),
  }),
}))
