import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { withTimeLimit } from '../../concurrency/time-limit.ts'
import type { Transport } from './transport.ts'

/**
 * Returns whether a text that is sent arrives on another connection within `ms`.
 *
 * Servers ignore the text.
 *
 * @throws Error when a connection cannot be opened or the text cannot be sent, each within `ms`.
 */
export async function hearsItself(transport: Transport, ms: number): Promise<boolean> {
  const within = { ms, who: transport.name }
  const text = `echo ${randomUUID()}`
  const heard = Promise.withResolvers<boolean>()
  const onLost = (error: Error | null) => {
    if (error) heard.reject(error)
  }
  heard.promise.catch(() => {})
  const listener = transport.listen({ onLost, onText: (given) => given === text && heard.resolve(true) })
  const ringer = transport.connect({ onLost })
  try {
    await Promise.all([listener, ringer].map(({ opened }) => withTimeLimit(opened, within)))
    await withTimeLimit(ringer.send([text]), within)
    return await Promise.race([heard.promise, wait(ms, false, { ref: false })])
  } finally {
    // a frozen one never ends
    const ended = Promise.all([listener.close(), ringer.close()]).then(() => {})
    await withTimeLimit(ended, within).catch(() => {})
  }
}
