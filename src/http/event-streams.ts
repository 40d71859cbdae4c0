// Subscriptions over HTTP (SSE): each stream item is executed for its viewer, and checked before it is sent.

import { execute } from '@graphql-tools/executor'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, validateSubscriptionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { AppError } from '../errors.ts'
import { type FeedStream, isFeedStream } from '../feed/streams/stream.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { shapeOf } from './operation-watch.ts'

/** Executes streams of the feed one stream item at a time. Streams of sockets are fanned out instead. */
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
  const signals = stream[Symbol.asyncIterator]()
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
        const { done, value } = await signals.next()
        if (done) {
          leave()
          return { done, value: undefined }
        }
        const shown = await show(value)
        counts.deliveries_total.sse += 1
        if (value instanceof AppError) return shown
        const inView = await stream.inView(value)
        if (inView) return inView === value ? shown : show(inView)
      }
    },
    async return() {
      leave()
      await signals.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
