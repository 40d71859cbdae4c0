// Subscriptions over HTTP (SSE): each stream item is executed for its viewer, and checked before it is sent.

import { execute } from '@graphql-tools/executor'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, validateSubscriptionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { AppError } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
import { type FeedStream, isFeedStream } from '../feed/streams/stream.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { shapeOf } from './operation-watch.ts'

/**
 * Executes streams of the feed one stream item at a time. Streams of sockets are fanned out instead.
 *
 * The SSE event of a stream item has its cursor as `id`, so that an `EventSource` resumes by itself.
 */
export function useEventStreams(metrics: Metrics): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => subscribe(args, metrics))
    },
  }
}

async function subscribe(
  args: ExecutionArgs,
  metrics: Metrics,
): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
  const valid = validateSubscriptionArgs(args)
  const source = 'schema' in valid ? await createSourceEventStream(valid) : { errors: valid }
  if (isFeedStream(source)) return iterate(source, args, metrics)
  if (Symbol.asyncIterator in source) throw new Error('all subscriptions are streams of the feed')
  return source
}

/** Iterates over the results of a stream. Not a generator: its `return()` would wait for a pending `next()`. */
function iterate(
  stream: FeedStream,
  args: ExecutionArgs,
  { add, counts }: Metrics,
): AsyncIterableIterator<ExecutionResult> {
  const items = stream[Symbol.asyncIterator]()
  const { field } = shapeOf(args.schema, args.document, args.operationName)
  const change = (amount: number) => add('subscriptions', { transport: 'sse', field }, amount)
  change(1)
  let isOpen = true
  const leave = () => {
    if (isOpen) change(-1)
    isOpen = false
  }
  const show = async (rootValue: unknown) => {
    counts.executions_total.viewer += 1
    return { done: false as const, value: (await execute({ ...args, rootValue })) as ExecutionResult }
  }
  return {
    async next() {
      for (;;) {
        const { done, value } = await items.next()
        if (done) {
          leave()
          return { done, value: undefined }
        }
        const shown = await show(value)
        counts.deliveries_total.sse += 1
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
      leave()
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
