import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { AppError } from '../errors.ts'
import type { Context } from '../graphql/context.ts'
import { type Quota, tooManyConnections } from './connections.ts'
import type { OpenStreams } from './open-streams.ts'
import { asksForStream } from './requests.ts'
import { onClosed } from './route.ts'

/**
 * Limits the event streams of an address and of a user. WebSockets use the same quotas.
 *
 * It also refuses streams without `Accept: text/event-stream`: their addresses were not counted.
 */
export function useStreamQuota(quota: Quota, streams: OpenStreams): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      // Yoga puts the request's and the response's Node.js objects into the context
      const { viewer, req, res } = args.contextValue as Partial<Context> & {
        req?: IncomingMessage
        res?: ServerResponse
      }
      const refuse = (cause: AppError, extensions = {}) =>
        setResultAndStopExecution({ errors: [new GraphQLError(cause.message, { cause, extensions })] })
      if (!req || !res) return
      if (!asksForStream(req)) {
        refuse(
          new AppError(
            'BAD_USER_INPUT',
            'Subscriptions are answered over a WebSocket, or with `Accept: text/event-stream`.',
          ),
          { http: { status: 406 } },
        )
        return
      }
      if (!streams.enter(req, res)) {
        refuse(tooManyConnections('address'), { http: { status: 429 } })
        return
      }
      if (!viewer) return
      const leave = quota.enter(viewer.userId)
      if (leave) onClosed(res, leave)
      else refuse(tooManyConnections('user'))
    },
  }
}
