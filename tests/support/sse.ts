// GraphQL over Server-Sent Events, "distinct connections mode": one POST for each subscription.

import { onTestFinished } from 'vitest'
import type { Client } from './client.ts'
import { createInbox } from './inbox.ts'

/** One event of a stream: `next` with an execution result, or `complete`. */
export interface ServerSentEvent {
  event: string
  data: unknown
  /** The cursor after which a stream with it as `Last-Event-ID` goes on. */
  id?: string
}

/** A stream of events over HTTP. */
export interface EventStream {
  readonly response: Response
  /** The next event. */
  next(): Promise<ServerSentEvent>
  /** Resolves once the response has ended; rejects when it was cut off. */
  readonly ended: Promise<void>
  /** Goes away. */
  abort(): void
}

/** Subscribes over HTTP; aborted at the end of the test. */
export async function followEvents(
  client: Client,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(`${client.server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${client.token}`,
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  })
  const events = createInbox<ServerSentEvent>()
  const ended = readEvents(response, events.put).finally(() => events.fail(new Error('the response ended')))
  ended.catch(() => {}) // a test that awaits it sees the fault
  return { response, next: events.take, ended, abort: () => controller.abort() }
}

async function readEvents({ body }: Response, put: (event: ServerSentEvent) => void): Promise<void> {
  if (!body) throw new Error('the response has no body')
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1]
      const data = /^data: (.*)$/m.exec(block)?.[1]
      const id = /^id: (.*)$/m.exec(block)?.[1]
      if (event) put({ event, data: data ? JSON.parse(data) : null, ...(id && { id }) }) // without an event it is a sign of life
    }
  }
}
