/** The result of one check of `doctor`. */
export interface Finding {
  /** The name of the check. */
  readonly name: string
  readonly isGood: boolean
  /** The state, in a few words. */
  readonly detail: string
  /** How to fix it; empty when nothing has to be done. */
  readonly advice: string
}

/** Creates a finding without a problem. */
export function good(name: string, detail: string): Finding {
  return { name, isGood: true, detail, advice: '' }
}

/** Creates a finding that needs a fix. */
export function bad(name: string, detail: string, advice: string): Finding {
  return { name, isGood: false, detail, advice }
}

/** Runs a check. An error that it throws becomes a finding. */
export async function check(name: string, look: () => Promise<Finding>, advice: string): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    return bad(name, reasonOf(error), advice)
  }
}

/** Describes why something failed, with the hidden cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(reasonOf).join(', ')
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
