// Refuses requests for hosts (hosts.ts) and from origins (origin.ts) that are not allowed.

import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { refusalLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import { createAllowance, minuteMs } from './allowance.ts'
import { createIsAllowedHost } from './hosts.ts'
import { isAllowedOrigin } from './origin.ts'

/** Checks the host and the origin of a request: see `createGate`. */
export interface Gate {
  /** The error for a host that is not allowed; null when it is. */
  refuseHost(request: IncomingMessage): AppError | null
  /** The error for an origin that is not allowed; null when it is. */
  refuseOrigin(request: IncomingMessage): AppError | null
}

/** Creates the check of hosts and origins. It logs refusals, so that an operator finds the missing setting. */
export function createGate(config: Config, log: Logger): Gate {
  const isAllowedHost = createIsAllowedHost(config)
  const mayLog = createAllowance(refusalLimits.loggedPerMinuteMax, minuteMs)
  const report = (fields: Record<string, unknown>, message: string) => {
    if (mayLog() === 0) log.warn(fields, message)
  }
  return {
    refuseHost({ headers: { host } }) {
      if (isAllowedHost(host)) return null
      report(
        { host: shorten(host) },
        'a request was refused because its host is not allowed: add it to ALLOWED_HOSTS or PUBLIC_URL',
      )
      return new AppError(
        'FORBIDDEN',
        'This host is not allowed. The operator of the server can add it to ALLOWED_HOSTS.',
      )
    },
    refuseOrigin({ headers: { origin, host = null } }) {
      if (origin === undefined || isAllowedOrigin(config, { origin, host })) return null
      report(
        { origin: shorten(origin), host: shorten(host) },
        config.production
          ? 'a page was refused: its origin matches neither the Host header nor PUBLIC_URL nor ALLOWED_ORIGINS'
          : 'a page was refused: its origin is neither this machine, nor matches the Host header or ALLOWED_ORIGINS',
      )
      return new AppError(
        'FORBIDDEN',
        'This origin is not allowed. The operator of the server can add it to ALLOWED_ORIGINS.',
      )
    },
  }
}

const shorten = (text: string | null | undefined) => text?.slice(0, refusalLimits.loggedTextMax)
