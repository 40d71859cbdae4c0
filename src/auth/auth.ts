// Connects the parts of sign-in for one server.

import type { JSONWebKeySet } from 'jose'
import type { Logger } from 'pino'
import type { Sessions, Viewer } from '../access/context.ts'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/client.ts'
import { translateFault } from '../database/faults.ts'
import type { Feed } from '../feed/feed.ts'
import { createKeyring } from './keyring.ts'
import { createSessionCache } from './session-cache.ts'
import { createSessionWatch } from './session-watch.ts'
import { createTokens } from './tokens.ts'

/** Authentication of one server: see `createAuth`. */
export interface Auth extends Sessions {
  /**
   * Verifies an access token and returns its viewer.
   *
   * @throws AppError UNAUTHENTICATED for an invalid or expired token, SESSION_EXPIRED for an ended session.
   */
  authenticate(token: string): Promise<Viewer>
  /** The public keys that verify access tokens (RFC 7517). */
  jwks(): Promise<JSONWebKeySet>
  close(): Promise<void>
}

/** The parts of the server that sign-in needs. */
export interface AuthOptions {
  database: Database
  config: Config
  feed: Feed
  log: Logger
}

/** Starts the authentication of one server. Keys and sessions are shared by all servers of the database. */
export function createAuth({ database, config, feed, log }: AuthOptions): Auth {
  const { now } = database.clock
  const keyring = createKeyring(database.db, now)
  const tokens = createTokens(keyring, config.accessTokenSeconds, now)
  const cache = createSessionCache(database.sql, config.feed.sessionSweepMs, now)
  const { watch, recheck, close } = createSessionWatch({
    checks: cache,
    now,
    sessionSweepMs: config.feed.sessionSweepMs,
    onError: (error) => log.warn({ err: error }, 'Failed to read sessions; trying again'),
  })
  const stopHearing = feed.onRing((rings) => {
    const topicIds = rings.map((ring) => ring.topicId)
    for (const topicId of topicIds) cache.forget(topicId)
    recheck(topicIds)
  })

  return {
    sign: tokens.sign,
    watch,
    async authenticate(token) {
      const viewer = await tokens.verify(token)
      try {
        await cache.assertLive(viewer)
      } catch (error) {
        throw translateFault(error)
      }
      return viewer
    },
    async jwks() {
      const keys = await keyring.all()
      return { keys: keys.map((key) => key.jwk) }
    },
    close() {
      stopHearing()
      return close()
    },
  }
}
