// One operation over each transport.

import { expect } from 'vitest'
import { type Answer, type Client, post } from './client.ts'
import { openInitialised } from './raw-socket.ts'
import { followEvents } from './sse.ts'

/** An operation as a client sends it. */
export interface Operation {
  query: string
  variables?: Record<string, unknown>
}

/** Runs an operation, and gives its answer. */
export type Ask = (client: Client, operation: Operation) => Promise<Answer<unknown>>

/** Runs an operation over each transport. */
export const transports: Record<string, Ask> = {
  HTTP: ({ server, token }, operation) => post(server, { ...operation, token }),
  async SSE(client, { query, variables }) {
    const { event, data } = await (await followEvents(client, query, variables)).next()
    expect(event).toBe('next')
    return data as Answer<unknown>
  },
  async WebSocket({ server, token }, operation) {
    const socket = await openInitialised(server, token)
    socket.say({ id: '1', type: 'subscribe', payload: operation })
    const { type, payload } = await socket.next()
    // whatever the answer was, the socket is still of use
    if (type === 'next') expect(await socket.next()).toEqual({ id: '1', type: 'complete' })
    socket.say({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } })
    expect(await socket.next()).toMatchObject({ id: '2', type: 'next' })
    return (type === 'error' ? { errors: payload } : payload) as Answer<unknown>
  },
}

/** The codes of the errors of an answer. */
export function codesOf({ errors = [] }: Answer<unknown>): unknown[] {
  return errors.map(({ extensions }) => extensions.code)
}
