import type { ExecutionResult } from 'graphql'
import type { Logger } from 'pino'
import type { AppError } from '../errors.ts'
import type { FeedStream } from '../feed/stream.ts'
import type { Sink } from '../feed/subscriber.ts'
import type { ServerParts } from '../graphql/context.ts'
import { createTextRenderer, errorResult, type Operation } from './renderer.ts'
import { type Bytes, bytesOf, type SocketWriter } from './socket-writer.ts'

/** One subscription of one socket. */
export interface FanOutTarget {
  /** The client's id of the operation. */
  readonly id: string
  readonly writer: SocketWriter
  readonly operation: Operation
  /** Calls back when the operation's own session ends; the returned function stops that. */
  onSessionEnd(callback: (error: AppError) => void): () => void
}

/** Starts a stream: see `createFanOut`. */
export type FanOut = (stream: FeedStream, target: FanOutTarget) => AsyncIterableIterator<ExecutionResult>

/**
 * Makes the way of a feed's events to sockets past graphql-ws.
 *
 * The group's text goes out with the id of each operation around it. What graphql-ws iterates over carries the end of
 * the stream alone.
 */
export function createFanOut({ parts, log }: { parts: ServerParts; log: Logger }): FanOut {
  return (stream, { id, writer, operation, onSessionEnd }) => {
    const head = bytesOf(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
    const end = Promise.withResolvers<AppError | null>()
    let said = false

    const sink: Sink<Bytes> = {
      deliver(frames) {
        for (const frame of frames) writer.send(head, frame)
      },
      bufferedBytes: writer.bufferedBytes,
      drained: writer.drained,
      finish: end.resolve,
      abandon() {
        end.resolve(null)
        writer.abandon()
      },
    }
    const subscription = stream.start(createTextRenderer({ parts, log, operation, selects: stream.selects }), sink)
    const stopWatching = onSessionEnd(end.resolve)
    const stop = () => {
      subscription.cancel()
      stopWatching()
      end.resolve(null)
    }

    return {
      async next() {
        const error = await end.promise
        stop()
        if (!error || said) return { done: true, value: undefined }
        said = true
        return { done: false, value: errorResult(error) }
      },
      async return() {
        stop()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}
