/**
 * Waits for work, but not for longer than `ms`.
 *
 * The work itself goes on: its caller ends it. An error that comes later is dropped.
 *
 * @throws Error that says who did not answer.
 */
export function withTimeLimit<T>(work: Promise<T>, { ms, who }: { ms: number; who: string }): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${who} did not answer within ${ms} ms: timeout expired`))
    }, ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
