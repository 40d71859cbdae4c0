// Subscriptions that go on: after a temporary fault, the next attempt begins after the last event that was delivered. retry.ts
// decides which faults are temporary, and when the next attempt is.

import type { KabarError } from '../errors.ts'
import { dataOf, toKabarError } from './answers.ts'
import { createBackoff, isOfSession, isTemporary, leastWaitMs } from './retry.ts'
import type { StreamSource } from './source.ts'

/** A subscription to follow. */
export interface FollowRequest {
  readonly query: string
  readonly variables: Record<string, unknown>
  /** A thing that happened, in order, each once. */
  next(data: Record<string, unknown>): void
  /** It cannot go on: nothing more comes. */
  error(error: KabarError): void
  /** The server has completed it. */
  complete(): void
  /** The connection under it was lost, or an attempt has failed. */
  interrupted?(error: KabarError): void
}

/** The parts of the client that streams use. */
export interface StreamParts {
  readonly url: string
  /** The source to use now; it may be another one at the next attempt. */
  source(): StreamSource
  /** Gets a fresh access token, because the one in use was refused. */
  renew(): Promise<string | null>
}

/** Follows a subscription. Returns how to stop it. */
export type Follow = (request: FollowRequest) => () => void

/** All subscriptions of a client. */
export interface Streams {
  /** Each event must select its `cursor`, for the next attempt to go on after it. */
  readonly follow: Follow
  /** Begins all anew, each after its last event, because the source is another one now. */
  restart(): void
}

/** Makes the subscriptions of a client. */
export function createStreams({ url, source, renew }: StreamParts): Streams {
  const restarts = new Set<() => void>()

  const follow: Follow = ({ query, variables: given, next, error, complete, interrupted }) => {
    const variables = { ...given }
    const backoff = createBackoff()
    let isOver = false
    let stop: () => void = () => {}
    let refusals = 0

    function end(tell: () => void): void {
      if (isOver) return
      isOver = true
      restarts.delete(restart)
      stop()
      tell()
    }

    async function failed(fault: KabarError, wasOurs: () => boolean): Promise<void> {
      if (isOver || !wasOurs()) return
      stop()
      const isRefused = isOfSession(fault) && refusals < 2
      if (isRefused) refusals += 1
      else if (!isTemporary(fault)) return end(() => error(fault))
      interrupted?.(fault)
      try {
        if (isRefused && (await renew()) === null) return end(() => error(fault))
      } catch {
        // the server is away: the next attempt asks again
      }
      const own = drop
      await backoff.wait(leastWaitMs(fault))
      // begun anew meanwhile
      if (!isOver && own === drop) attempt()
    }

    let drop: () => void = () => {}

    function restart(): void {
      drop()
      stop()
      attempt()
    }

    function attempt(): void {
      let isCurrent = true
      drop = () => {
        isCurrent = false
      }
      const wasOurs = () => {
        const was = isCurrent
        isCurrent = false
        return was
      }
      stop = source().subscribe(
        { query, variables },
        {
          next(answer) {
            if (isOver || !isCurrent) return
            let data: Record<string, unknown>
            try {
              data = dataOf(answer, url)
            } catch (thrown) {
              void failed(toKabarError(thrown, url), wasOurs)
              return
            }
            refusals = 0
            backoff.reset()
            const cursor = cursorOf(data)
            // before it is told: whoever stops in between goes on after it
            if (cursor) variables.after = cursor
            next(data)
          },
          error: (thrown) => void failed(toKabarError(thrown, url), wasOurs),
          complete() {
            if (isCurrent) end(complete)
          },
        },
      )
    }

    restarts.add(restart)
    attempt()
    return () => {
      isOver = true
      restarts.delete(restart)
      backoff.hurry()
      stop()
    }
  }

  return {
    follow,
    restart() {
      for (const begin of [...restarts]) begin()
    },
  }
}

function cursorOf(data: Record<string, unknown>): string | null {
  const [event] = Object.values(data)
  const cursor = typeof event === 'object' && event !== null ? Reflect.get(event, 'cursor') : null
  return typeof cursor === 'string' ? cursor : null
}
