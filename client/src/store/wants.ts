/** Reads that are needed because events did not contain the data. They are stored with the room: a reload does them too. */
export interface Wants {
  readonly head: boolean
  readonly members: boolean
  /** The newest message that was held before somebody blocked did something; null when nobody did. */
  readonly hidden: number | null
  /** Ids of messages. */
  readonly messages: readonly string[]
}

/** Nothing to read. */
export const noWants: Wants = { head: false, members: false, hidden: null, messages: [] }

/** Adds what an event does not tell, or other wants. */
export function addWants(wants: Wants, { head, members, hidden, messages }: Partial<Wants>): Wants {
  const hiddens = [wants.hidden, hidden ?? null].filter((number) => number !== null)
  if (!head && !members && (hidden ?? null) === null && !messages?.length) return wants
  return {
    head: wants.head || head === true,
    members: wants.members || members === true,
    hidden: hiddens.length > 0 ? Math.min(...hiddens) : null,
    messages: [...new Set([...wants.messages, ...(messages ?? [])])],
  }
}
