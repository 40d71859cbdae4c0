/** Reports an error once, although many callers wait for the same work. */
export function reportOnce(onError: (error: unknown) => void): (error: unknown) => undefined {
  const known = new WeakSet()
  return (error) => {
    if (error instanceof Error) {
      if (known.has(error)) return
      known.add(error)
    }
    onError(error)
  }
}
