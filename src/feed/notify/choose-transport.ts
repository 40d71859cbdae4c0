import type { DoorbellConfig } from '../../config/doorbell.ts'
import type { FeedConfig } from '../../config/feed.ts'
import { createNatsTransport } from './nats-transport.ts'
import { createPostgresTransport } from './postgres-transport.ts'
import { createRedisTransport } from './redis-transport.ts'
import type { Transport } from './transport.ts'

/** The settings that decide how rings travel. */
export interface TransportChoice {
  readonly databaseUrl: string
  readonly doorbell: DoorbellConfig
  readonly feed: Pick<FeedConfig, 'echoTimeoutMs'>
}

/** Chooses the transport of the settings, for servers, commands and checks alike. */
export function chooseTransport({ databaseUrl, doorbell, feed }: TransportChoice): Transport {
  if (doorbell.kind === 'nats') return createNatsTransport(doorbell, feed.echoTimeoutMs)
  if (doorbell.kind === 'redis') return createRedisTransport(doorbell, feed.echoTimeoutMs)
  return createPostgresTransport({ url: databaseUrl, answerMs: feed.echoTimeoutMs })
}
