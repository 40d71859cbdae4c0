import { type BusConfig, nameDoorbell } from '../../config/doorbell.ts'
import { withoutSecrets } from './bus-errors.ts'
import type { ConnectionHandlers, Transport } from './transport.ts'

/**
 * Creates the transport by Redis: PUBLISH and SUBSCRIBE, on one channel.
 *
 * The client is loaded with the first connection.
 */
export function createRedisTransport(config: BusConfig, answerMs: number): Transport {
  const { subject, host, port, tls, user, password } = config
  const clean = (error: unknown) => withoutSecrets(error, config)

  /** All options of both connections are equal: the client builds 400 commands (50 ms) when they differ from the last. */
  async function makeClient({ onLost }: ConnectionHandlers) {
    const { createClient } = await import('@redis/client')
    const common = { host, port, connectTimeout: answerMs, reconnectStrategy: false } as const
    const client = createClient({
      name: 'kabar',
      socket: tls ? { ...common, tls: true } : common,
      ...(user !== null && { username: user }),
      ...(password !== null && { password }),
      // any server since Redis 2.0 understands it; the connection that listens does nothing else
      RESP: 2,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
    })
    client.on('error', (error) => onLost(clean(error)))
    client.on('end', () => onLost(null))
    return client
  }

  type Client = Awaited<ReturnType<typeof makeClient>>

  /** Opens a connection and prepares it, and closes it at any time. */
  function begin(handlers: ConnectionHandlers, prepare: (client: Client) => Promise<void>) {
    let isClosed = false
    const making = makeClient(handlers)
    const open = async () => {
      const client = await making
      try {
        await client.connect()
        // one that is closed while it connects would stay open
        if (isClosed) client.destroy()
        else await prepare(client)
      } catch (error) {
        throw clean(error)
      }
    }
    const close = async () => {
      isClosed = true
      await making.then(
        (client) => client.destroy(),
        () => {},
      )
    }
    return { making, opened: open(), close }
  }

  return {
    name: nameDoorbell(config),
    silence: `nothing arrives on ${subject}: may this user publish and subscribe there?`,
    canPoll: async () => true,
    listen({ onText, onLost }) {
      const { opened, close } = begin({ onLost }, async (client) => {
        await client.subscribe(subject, onText)
      })
      return { opened, close }
    },
    connect(handlers) {
      const { making, opened, close } = begin(handlers, async () => {})
      return {
        opened,
        close,
        async send(texts) {
          try {
            const client = await making
            await Promise.all(texts.map((text) => client.publish(subject, text)))
          } catch (error) {
            throw clean(error)
          }
        },
      }
    },
  }
}
