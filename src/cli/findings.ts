/** What one check of `doctor` found. */
export interface Finding {
  /** What was looked at. */
  readonly name: string
  readonly isGood: boolean
  /** What it is like, in a few words. */
  readonly detail: string
  /** What to do about it; empty where nothing has to be done. */
  readonly advice: string
}

/** A finding that needs nothing. */
export function good(name: string, detail: string): Finding {
  return { name, isGood: true, detail, advice: '' }
}

/** A finding about which something has to be done. */
export function bad(name: string, detail: string, advice: string): Finding {
  return { name, isGood: false, detail, advice }
}

/** Runs a check. What it throws is a finding too. */
export async function check(name: string, look: () => Promise<Finding>, advice: string): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    return bad(name, reasonOf(error), advice)
  }
}

/** Says why something failed, with the cause that it hides. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(reasonOf).join(', ')
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
