// Bounds that each server keeps for itself, in memory.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type EdgeConfig, edgeRatios, operationLimits } from '../config/edge.ts'
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

/** An allowance of so many in a window, which fills up again evenly. */
interface Allowance {
  readonly take: Take
  /** Takes what was done already, or gives back with less than 0. What is not there is owed, up to a window's worth. */
  charge(amount: number): void
}

/** Makes an allowance that can be taken from, and nothing else. */
export function createAllowance(max: number, windowMs: number): Take {
  return openAllowance(max, windowMs).take
}

function openAllowance(max: number, windowMs: number): Allowance {
  let left = max
  let lookedAt = performance.now()
  const fillUp = () => {
    const now = performance.now()
    left = Math.min(max, left + ((now - lookedAt) / windowMs) * max)
    lookedAt = now
  }
  return {
    take(amount = 1) {
      const wanted = Math.min(amount, max)
      fillUp()
      if (left < wanted) return Math.ceil(((wanted - left) / max) * windowMs)
      left -= wanted
      return 0
    },
    charge(amount) {
      fillUp()
      left = Math.max(-max, Math.min(max, left - amount))
    },
  }
}

/** Makes an allowance for each key. Those that have filled up again are forgotten. */
function createAllowances(max: number, windowMs: number): (key: string) => Allowance {
  let allowances = new Map<string, Allowance>()
  let before = new Map<string, Allowance>()
  let older = new Map<string, Allowance>()
  let changeAt = performance.now() + windowMs
  return (key) => {
    if (performance.now() >= changeAt) {
      // what was not asked for since the change before the last is full, whatever it owed
      older = before
      before = allowances
      allowances = new Map()
      changeAt = performance.now() + windowMs
    }
    let allowance = allowances.get(key)
    if (!allowance) {
      allowance = before.get(key) ?? older.get(key) ?? openAllowance(max, windowMs)
      allowances.set(key, allowance)
    }
    return allowance
  }
}

/** Makes the count of frames of users and addresses, over all their sockets. */
export function createFrameCounter(framesMax: number): (caller: Asking, frames: number) => number {
  const ofCaller = createAllowances(framesMax, minuteMs)
  return ({ viewer, address }, frames) => ofCaller(viewer?.userId ?? `address ${address}`).take(frames)
}

/** Who asks, as far as it is counted. */
type Asking = Pick<Caller, 'viewer' | 'address'>

/** Counts what callers ask: a small operation is 1, others what they come to. */
export interface OperationCounter {
  /**
   * Refuses callers that have nothing left, before anything of what they ask is read. Counts the bytes of a body.
   *
   * @throws AppError RATE_LIMITED with the time to wait.
   */
  admit(caller: Asking, bodyBytes: number): void
  /**
   * Counts what is to be done.
   *
   * @throws AppError RATE_LIMITED with the time to wait, where there is not as much left.
   */
  take(caller: Asking, amount: number): void
  /** Counts what was done, or gives back with less than 0. What is not left is owed: the next `take` waits for it. */
  charge(caller: Asking, amount: number): void
}

/**
 * Makes the counter of operations, the same for all connections of a user.
 *
 * Those who are not signed in are counted by their address.
 */
export function createOperationCounter({
  operationsPerMinuteMax,
  addressOperationsPerMinuteMax,
}: Pick<EdgeConfig, 'operationsPerMinuteMax' | 'addressOperationsPerMinuteMax'>): OperationCounter {
  const ofUser = createAllowances(operationsPerMinuteMax, minuteMs)
  const ofAddress = createAllowances(addressOperationsPerMinuteMax, minuteMs)
  const isCounted = ({ viewer }: Asking) =>
    (viewer ? operationsPerMinuteMax : addressOperationsPerMinuteMax) !== Number.POSITIVE_INFINITY
  const allowanceOf = ({ viewer, address }: Asking) => (viewer ? ofUser(viewer.userId) : ofAddress(address ?? ''))
  const refuse = (retryAfterMs: number) => {
    if (retryAfterMs === 0) return
    throw new AppError('RATE_LIMITED', `Too much was asked in a minute: wait ${retryAfterMs} ms.`, { retryAfterMs })
  }
  return {
    admit(caller, bodyBytes) {
      if (!isCounted(caller)) return
      const allowance = allowanceOf(caller)
      refuse(allowance.take(1))
      // the operation itself is counted when it is read
      allowance.charge(Math.floor(bodyBytes / operationLimits.bodyBytesPerCount) - 1)
    },
    take(caller, amount) {
      if (isCounted(caller) && amount > 0) refuse(allowanceOf(caller).take(amount))
    },
    charge(caller, amount) {
      if (isCounted(caller) && amount !== 0) allowanceOf(caller).charge(amount)
    },
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
      if (!viewer) return
      const leave = quota.enter(viewer.userId)
      if (leave) res.once('close', leave)
      else refuse(tooManyConnections('user'))
    },
  }
}
