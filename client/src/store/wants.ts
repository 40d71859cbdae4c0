/** Reads that are needed because events did not contain the data. They are stored with the room: a reload does them too. */
export interface Wants {
  readonly head: boolean
  readonly members: boolean
  readonly hidden: boolean
  /** Ids of messages. */
  readonly messages: readonly string[]
}

/** Nothing to read. */
export const noWants: Wants = { head: false, members: false, hidden: false, messages: [] }

/** Adds what an event does not tell, or other wants. */
export function addWants(wants: Wants, { head, members, hidden, messages }: Partial<Wants>): Wants {
  if (!head && !members && !hidden && !messages?.length) return wants
  return {
    head: wants.head || head === true,
    members: wants.members || members === true,
    hidden: wants.hidden || hidden === true,
    messages: [...new Set([...wants.messages, ...(messages ?? [])])],
  }
}
