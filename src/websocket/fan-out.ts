import type { AppError } from '../errors.ts'
import type { Sink } from '../feed/hub/interest.ts'
import type { FeedStream } from '../feed/streams/stream.ts'
import { createTextRenderers, type Operation, type RendererParts } from './renderer.ts'
import { type Bytes, bytesOf, type SocketWriter } from './socket-writer.ts'

/** One subscription of one socket. */
export interface FanOutTarget {
  /** The operation id that the client chose. */
  readonly id: string
  readonly writer: SocketWriter
  readonly operation: Operation
  /** Calls back when the operation's session ends. Returns a function that stops it. */
  onSessionEnd(callback: (error: AppError) => void): () => void
  /** Called when the server ends the stream, with the error if there is one. */
  onEnd(error: AppError | null): void
}

/** Starts a stream and returns a function that ends it: see `createFanOut`. */
export type FanOut = (stream: FeedStream, target: FanOutTarget) => () => void

/** There are thousands of sinks: they share their functions, which use `this`. */
interface SocketSink extends Sink<Bytes> {
  readonly writer: SocketWriter
  /** The beginning of each message of this operation. */
  readonly head: Bytes
}

/** Creates the fan-out of events to sockets. Sends the group's text to each socket, after the id of its operation. */
export function createFanOut({ parts, log, execute }: RendererParts): FanOut {
  const rendererOf = createTextRenderers({ parts, log, execute })
  const { deliveries_total: deliveries } = parts.metrics.counts

  function deliver(this: SocketSink, frames: readonly Bytes[]): void {
    deliveries.websocket += frames.length
    this.writer.send(this.head, frames)
  }

  return (stream, { id, writer, operation, onSessionEnd, onEnd }) => {
    const head = bytesOf(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
    const sink: SocketSink = { writer, head, deliver, sizeOf, bufferedBytes, drained, finish: onEnd, abandon }
    const subscription = stream.start(rendererOf({ operation, selects: stream.selects }), sink)
    const stopWatching = onSessionEnd(onEnd)
    return () => {
      subscription.cancel()
      stopWatching()
    }
  }
}

function sizeOf(this: SocketSink, frame: Bytes): number {
  return this.head.length + frame.length
}

function bufferedBytes(this: SocketSink): number {
  return this.writer.bufferedBytes()
}

function drained(this: SocketSink): Promise<void> {
  return this.writer.drained()
}

function abandon(this: SocketSink): void {
  this.finish(null)
  this.writer.abandon()
}
