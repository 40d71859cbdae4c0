/** Reports a fault once that many wait for. */
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
