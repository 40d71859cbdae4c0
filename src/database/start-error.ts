/**
 * An error that prevents the start of a server.
 *
 * Its message is for the person at the terminal: what happened, why it matters, what to do.
 */
export class StartError extends Error {
  override name = 'StartError'
}
