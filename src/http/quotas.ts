// Bounds that each server keeps for itself, in memory.

import type { ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { EdgeConfig } from '../config/edge.ts'
import { AppError } from '../errors.ts'
import type { Context } from '../graphql/context.ts'

/** Counts what is open for each key: see `createQuota`. */
export interface Quota {
  /** Takes a place; null when there is none. The function that it returns gives the place back, once. */
  enter(key: string): (() => void) | null
}

/** Makes a bound of how much may be open at once for one key. */
function createQuota(max: number): Quota {
  const open = new Map<string, number>()
  return {
    enter(key) {
      const count = open.get(key) ?? 0
      if (count >= max) return null
      open.set(key, count + 1)
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        const left = (open.get(key) ?? 1) - 1
        if (left > 0) open.set(key, left)
        else open.delete(key)
      }
    },
  }
}

/** Takes one of an allowance. Returns 0, or the milliseconds to wait for the next. */
export type TakeOne = () => number

/** Makes an allowance of so many in a window. It fills up again evenly. */
export function createAllowance(max: number, windowMs: number): TakeOne {
  let left = max
  let lookedAt = performance.now()
  return () => {
    const now = performance.now()
    left = Math.min(max, left + ((now - lookedAt) / windowMs) * max)
    lookedAt = now
    if (left < 1) return Math.ceil(((1 - left) / max) * windowMs)
    left -= 1
    return 0
  }
}

/** The open sockets and event streams of one server. */
export interface Connections {
  readonly ofAddress: Quota
  readonly ofUser: Quota
}

/** Makes the bounds of sockets and event streams. */
export function createConnections({
  socketsPerAddressMax,
  socketsPerUserMax,
}: Pick<EdgeConfig, 'socketsPerAddressMax' | 'socketsPerUserMax'>): Connections {
  return { ofAddress: createQuota(socketsPerAddressMax), ofUser: createQuota(socketsPerUserMax) }
}

/** The error of one socket or event stream too many. */
export function tooManyConnections(whose: 'address' | 'user'): AppError {
  const message = `This ${whose} has too many sockets and event streams open. Close some, or use one for all.`
  return new AppError('TOO_MANY_SUBSCRIPTIONS', message)
}

/** Bounds the event streams of a user. WebSockets ask the same quota when they are let in. */
export function useStreamQuota(quota: Quota): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      // Yoga puts the request's and the response's Node.js objects into the context
      const { viewer, res } = args.contextValue as Partial<Context> & { res?: ServerResponse }
      if (!viewer || !res) return
      const leave = quota.enter(viewer.userId)
      const cause = tooManyConnections('user')
      if (leave) res.once('close', leave)
      else setResultAndStopExecution({ errors: [new GraphQLError(cause.message, { cause })] })
    },
  }
}
