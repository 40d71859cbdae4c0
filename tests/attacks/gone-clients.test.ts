// Clients that are gone before their request is executed leave nothing behind: no place of their address or user is taken.

import { expect } from 'vitest'
import { guest } from '../support/client.ts'
import { openConnection, requestOf } from '../support/raw-connection.ts'
import { test } from '../support/server.ts'

const places = 4
const query = 'subscription { viewerEvents { __typename } }'
const body = JSON.stringify({ query })

const requests: Record<string, (headers: Record<string, string>) => string> = {
  'an event stream': (headers) => requestOf('/graphql', { ...headers, accept: 'text/event-stream' }),
  'what may be an event stream': (headers) =>
    requestOf('/graphql', { ...headers, accept: 'application/json, text/event-stream' }),
  'an event stream behind another request': (headers) =>
    requestOf('/healthz') + requestOf('/graphql', { ...headers, accept: 'text/event-stream' }),
  'an event stream behind an operation': (headers) =>
    requestOf('/graphql', {
      ...headers,
      accept: 'application/json',
      body: JSON.stringify({ query: '{ server { version } }' }),
    }) + requestOf('/graphql', { ...headers, accept: 'text/event-stream' }),
}

test.for(Object.entries(requests))('%s of a client that is gone takes no place', async ([, requestFor], { start }) => {
  const server = await start({ edge: { socketsPerAddressMax: places, socketsPerUserMax: places } })
  const { token } = await guest(server)
  const headers = { method: 'POST', 'content-type': 'application/json', authorization: `Bearer ${token}`, body }
  for (let count = 0; count < 4 * places; count++) {
    const connection = await openConnection(server)
    await connection.write(requestFor(headers))
    connection.end()
  }
  const openStream = async () => {
    const ended = new AbortController()
    const { status } = await fetch(`${server.url}/graphql`, {
      ...{ method: 'POST', body, signal: ended.signal },
      headers: {
        ...{ accept: 'text/event-stream', 'content-type': 'application/json' },
        authorization: `Bearer ${token}`,
      },
    })
    return { status, end: () => ended.abort() }
  }
  await expect
    .poll(async () => {
      const streams = await Promise.all(Array.from({ length: places }, openStream))
      for (const { end } of streams) end()
      return streams.map(({ status }) => status)
    })
    .toEqual(Array.from({ length: places }, () => 200))
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
})
