// One kind of error for everything that keeps a server from starting: its message is for the person at the terminal.

/** A reason why the server cannot start: what happened, why it matters, what to do. */
export class StartError extends Error {
  override name = 'StartError'
}
