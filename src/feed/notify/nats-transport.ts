import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { NatsConnection } from '@nats-io/transport-node'
import { type BusConfig, nameDoorbell } from '../../config/doorbell.ts'
import { withoutSecrets } from './bus-errors.ts'
import type { ConnectionHandlers, Transport } from './transport.ts'

/**
 * Creates the transport by NATS: core publish and subscribe, on one subject.
 *
 * The client is loaded with the first connection.
 */
export function createNatsTransport(config: BusConfig, answerMs: number): Transport {
  const { subject, host, port, tls, user, password } = config
  const credentials = password === null ? { token: user ?? '' } : { user: user ?? '', pass: password }
  // of an address the client would otherwise check the name `localhost`
  const tlsOptions = { handshakeFirst: false, host }
  const clean = (error: unknown) => withoutSecrets(error, config)

  async function open(name: string, { onLost }: ConnectionHandlers, stop: AbortSignal): Promise<NatsConnection> {
    const { connect } = await import('@nats-io/transport-node')
    await waitForGreeting({ host, port }, AbortSignal.any([stop, AbortSignal.timeout(answerMs)]))
    const client = await connect({
      name: `kabar ${name}`,
      servers: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      ...(user !== null && credentials),
      ...(tls && { tls: tlsOptions }),
      timeout: answerMs,
      reconnect: false,
      ignoreClusterUpdates: true,
      noAsyncTraces: true,
    })
    void client.closed().then((error) => onLost(error ? clean(error) : null))
    return client
  }

  /** Opens a connection and prepares it, and closes it at any time. */
  function begin(name: string, handlers: ConnectionHandlers, prepare: (client: NatsConnection) => Promise<void>) {
    const stop = new AbortController()
    const opening = open(name, handlers, stop.signal)
    const opened = opening.then(prepare).catch((error: unknown) => {
      throw clean(error)
    })
    const close = async () => {
      stop.abort()
      await opening.then(
        (client) => client.close().catch(() => {}),
        () => {},
      )
    }
    return { opening, opened, close }
  }

  return {
    name: nameDoorbell(config),
    silence: `nothing arrives on ${subject}: may this user publish and subscribe there?`,
    canPoll: async () => true,
    listen({ onText, onLost }) {
      const { opened, close } = begin('listen', { onLost }, async (client) => {
        client.subscribe(subject, {
          callback: (error, message) => (error ? onLost(clean(error)) : onText(message.string())),
        })
        // the server has the subscription when it answers
        await client.flush()
      })
      return { opened, close }
    },
    connect(handlers) {
      const { opening, opened, close } = begin('notify', handlers, async () => {})
      return {
        opened,
        close,
        async send(texts) {
          try {
            const client = await opening
            for (const text of texts) client.publish(subject, text)
            await client.flush()
          } catch (error) {
            throw clean(error)
          }
        },
      }
    },
  }
}

/**
 * Waits until a NATS greets, on a connection of its own.
 *
 * The client (3.4.0) never closes a connection on which nothing was said: each try would leave one at a frozen server.
 */
async function waitForGreeting(address: { host: string; port: number }, signal: AbortSignal): Promise<void> {
  const socket = connectTcp(address)
  try {
    await once(socket, 'data', { signal })
  } catch (error) {
    throw signal.aborted ? new Error('it does not answer') : error
  } finally {
    socket.on('error', () => {}).destroy()
  }
}
