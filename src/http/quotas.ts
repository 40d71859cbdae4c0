// Bounds that each server keeps for itself, in memory.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type EdgeConfig, edgeRatios } from '../config/edge.ts'
import { AppError } from '../errors.ts'
import type { Caller, Context } from '../graphql/context.ts'
import { asksForStream } from './requests.ts'

/** Operations and frames are counted over so long. */
export const minuteMs = 60_000

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

/** Takes so much of an allowance, or one. Returns 0, or the milliseconds until there is as much. */
export type Take = (amount?: number) => number

/** Makes an allowance of so many in a window. It fills up again evenly. */
export function createAllowance(max: number, windowMs: number): Take {
  let left = max
  let lookedAt = performance.now()
  return (amount = 1) => {
    const wanted = Math.min(amount, max)
    const now = performance.now()
    left = Math.min(max, left + ((now - lookedAt) / windowMs) * max)
    lookedAt = now
    if (left < wanted) return Math.ceil(((wanted - left) / max) * windowMs)
    left -= wanted
    return 0
  }
}

/** Makes an allowance for each key. Those that have filled up again are forgotten. */
function createAllowances(max: number, windowMs: number): (key: string, amount: number) => number {
  let allowances = new Map<string, Take>()
  let before = new Map<string, Take>()
  let changeAt = performance.now() + windowMs
  if (max === Number.POSITIVE_INFINITY) return () => 0
  return (key, amount) => {
    if (performance.now() >= changeAt) {
      // what is forgotten was not asked for since the last change: it is full
      before = allowances
      allowances = new Map()
      changeAt = performance.now() + windowMs
    }
    let take = allowances.get(key)
    if (!take) {
      take = before.get(key) ?? createAllowance(max, windowMs)
      allowances.set(key, take)
    }
    return take(amount)
  }
}

/**
 * Counts what a caller asks: once, or as much as it comes to.
 *
 * @throws AppError RATE_LIMITED with the time to wait.
 */
export type CountOperation = (caller: Pick<Caller, 'viewer' | 'address'>, amount: number) => void

/**
 * Makes the counter of operations, the same for all connections of a user.
 *
 * Those who are not signed in are counted by their address.
 */
export function createOperationCounter({
  operationsPerMinuteMax,
  addressOperationsPerMinuteMax,
}: Pick<EdgeConfig, 'operationsPerMinuteMax' | 'addressOperationsPerMinuteMax'>): CountOperation {
  const ofUser = createAllowances(operationsPerMinuteMax, minuteMs)
  const ofAddress = createAllowances(addressOperationsPerMinuteMax, minuteMs)
  return ({ viewer, address }, amount) => {
    const retryAfterMs = viewer ? ofUser(viewer.userId, amount) : ofAddress(address ?? '', amount)
    if (retryAfterMs === 0) return
    throw new AppError('RATE_LIMITED', `Too much was asked in a minute: wait ${retryAfterMs} ms.`, { retryAfterMs })
  }
}

/** The open sockets and event streams of one server. */
export interface Connections {
  /** Connections of whatever kind, by the other end. */
  readonly ofRemote: Quota
  readonly ofAddress: Quota
  readonly ofUser: Quota
}

/** Makes the bounds of connections, sockets and event streams. */
export function createConnections({
  socketsPerAddressMax,
  socketsPerUserMax,
}: Pick<EdgeConfig, 'socketsPerAddressMax' | 'socketsPerUserMax'>): Connections {
  return {
    ofRemote: createQuota(edgeRatios.connectionsPerSocket * socketsPerAddressMax),
    ofAddress: createQuota(socketsPerAddressMax),
    ofUser: createQuota(socketsPerUserMax),
  }
}

/** The error of one socket or event stream too many. */
export function tooManyConnections(whose: 'address' | 'user'): AppError {
  const message = `This ${whose} has too many sockets and event streams open. Close some, or use one for all.`
  return new AppError('TOO_MANY_SUBSCRIPTIONS', message)
}

/**
 * Bounds the event streams of a user. WebSockets ask the same quota when they are let in.
 *
 * It also refuses streams that were not asked for by name: their addresses have not been counted.
 */
export function useStreamQuota(quota: Quota): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      // Yoga puts the request's and the response's Node.js objects into the context
      const { viewer, req, res } = args.contextValue as Partial<Context> & {
        req?: IncomingMessage
        res?: ServerResponse
      }
      const refuse = (cause: AppError) =>
        setResultAndStopExecution({ errors: [new GraphQLError(cause.message, { cause })] })
      if (!req || !res) return
      if (!asksForStream(req)) {
        refuse(
          new AppError(
            'BAD_USER_INPUT',
            'Subscriptions are answered over a WebSocket, or with `Accept: text/event-stream`.',
          ),
        )
        return
      }
      if (!viewer) return
      const leave = quota.enter(viewer.userId)
      if (leave) res.once('close', leave)
      else refuse(tooManyConnections('user'))
    },
  }
}
