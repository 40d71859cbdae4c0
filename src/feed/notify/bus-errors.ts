import { type BusConfig, nameDoorbell } from '../../config/doorbell.ts'

/**
 * Describes an error of a bus without the secrets of its URL.
 *
 * Drivers attach commands, options and causes to their errors, passwords among them, and a log prints them all: only the
 * message is kept.
 */
export function withoutSecrets(error: unknown, config: BusConfig): Error {
  const message = messageOf(error)
  // a user without a password is a token
  const secret = config.password ?? config.user
  return new Error(`${nameDoorbell(config)}: ${secret ? message.replaceAll(secret, '…') : message}`)
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message || error.name : String(error)
}
