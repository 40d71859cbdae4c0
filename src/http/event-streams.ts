// Subscriptions over HTTP (SSE): each stream item is executed for its viewer, and checked before it is sent.

import type { ServerResponse } from 'node:http'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, validateSubscriptionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { AppError, invariant } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
import { type FeedStream, isFeedStream } from '../feed/streams/stream.ts'
import { createContext, type ServerParts } from '../graphql/context.ts'
import type { Execute } from '../graphql/execution/executor.ts'
import { shapeOf } from './operation-watch.ts'
import type { RequestContext } from './request-context.ts'
import { onClosed } from './route.ts'

/**
 * Executes streams of the feed one stream item at a time. Streams of sockets are fanned out instead.
 *
 * The SSE event of a stream item has its cursor as `id`, so that an `EventSource` resumes by itself.
 */
export function useEventStreams(parts: ServerParts, execute: Execute): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => subscribe(args, parts, execute))
    },
  }
}

async function subscribe(
  args: ExecutionArgs,
  parts: ServerParts,
  execute: Execute,
): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
  const valid = validateSubscriptionArgs(args)
  const source = 'schema' in valid ? await createSourceEventStream(valid) : { errors: valid }
  if (isFeedStream(source)) {
    const results = iterate(source, createShow(args, parts, execute), countStream(args, parts))
    const { res } = args.contextValue as { res?: ServerResponse }
    // Yoga does not end the stream of a client that was gone before its answer began
    if (res) onClosed(res, () => void results.return?.())
    return results
  }
  if (Symbol.asyncIterator in source) throw new Error('all subscriptions are streams of the feed')
  return source
}

type Show = (rootValue: unknown) => Promise<{ done: false; value: ExecutionResult }>

/** Creates the execution of a stream item: in a context of its own, because an event may have the bytes of an answer. */
function createShow(args: ExecutionArgs, parts: ServerParts, execute: Execute): Show {
  const asked = args.contextValue as RequestContext
  const { caller } = asked
  invariant(caller, 'a request that is read has a caller')
  return async (rootValue) => {
    parts.metrics.counts.executions_total.viewer += 1
    const contextValue = { ...asked, ...createContext(parts, caller) }
    return { done: false, value: await execute({ ...args, contextValue, rootValue }) }
  }
}

/** Counts of one event stream. */
interface StreamCount {
  delivered(): void
  ended(): void
}

/** Counts a stream from now until it ends, and what is delivered to it. */
function countStream({ schema, document, operationName }: ExecutionArgs, { metrics }: ServerParts): StreamCount {
  const { field } = shapeOf(schema, document, operationName)
  const change = (amount: number) => metrics.add('subscriptions', { transport: 'sse', field }, amount)
  change(1)
  let isOpen = true
  return {
    delivered() {
      metrics.counts.deliveries_total.sse += 1
    },
    ended() {
      if (isOpen) change(-1)
      isOpen = false
    },
  }
}

/** Iterates over the results of a stream. Not a generator: its `return()` would wait for a pending `next()`. */
function iterate(stream: FeedStream, show: Show, count: StreamCount): AsyncIterableIterator<ExecutionResult> {
  const items = stream[Symbol.asyncIterator]()
  return {
    async next() {
      for (;;) {
        const { done, value } = await items.next()
        if (done) {
          count.ended()
          return { done, value: undefined }
        }
        const shown = await show(value)
        count.delivered()
        if (value instanceof AppError) return shown
        const inView = await stream.inView(value)
        if (!inView) continue
        const result = inView === value ? shown : await show(inView)
        // after a resync the client reads the data again: resuming after this would leave a gap
        if (inView.kind === 'RESYNC_REQUIRED') return result
        return { ...result, value: withId(result.value, encodeCursor(inView)) }
      }
    },
    async return() {
      count.ended()
      await items.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Adds the `id` line of the SSE event: Yoga writes the text of a result after `data: `, and has no other way. */
function withId(result: ExecutionResult, id: string): ExecutionResult {
  const stringify = (shown: ExecutionResult) => `${JSON.stringify(shown)}\nid: ${id}`
  return Object.assign(result, { stringify })
}
