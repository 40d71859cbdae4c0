import { StartError } from '../database/start-error.ts'

/** Where a server could not listen, and the settings that say so. */
export interface ListenAttempt {
  readonly host: string
  readonly port: number
  /** The environment variables of the host and of the port. */
  readonly names: readonly [host: string, port: string]
}

/** Explains why a server cannot listen. Other errors are returned as they are. */
export function explainListen(
  error: NodeJS.ErrnoException,
  { host, port, names: [hostName, portName] }: ListenAttempt,
): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} of ${host} is in use. Stop the program that listens there, or set ${portName} to another port.`,
    )
  }
  if (error.code === 'EACCES') {
    return new StartError(`Port ${port} may not be used by this user. Set ${portName} to one above 1023.`)
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new StartError(
      `${host} is not an address of this machine. Set ${hostName} to one that is, or to 0.0.0.0 for all.`,
    )
  }
  return error
}
