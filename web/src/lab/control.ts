/** One of the two users. */
export type SideName = 'left' | 'right'

/** A fault that the lab can make: of the connections of a side, or of the server. */
export type Fault =
  | { readonly fault: 'cut' | 'pause' | 'resume'; readonly side: SideName }
  | { readonly fault: 'kill' | 'mark' | 'rollBack' }

/** Makes faults happen. Resolves when they have: a killed server runs again by then. */
export type MakeFault = (fault: Fault) => Promise<void>

const path = '/lab/control'

/** Finds what makes faults; null where the server runs without a lab. */
export async function openControl(): Promise<MakeFault | null> {
  const answer = await fetch(path)
  if (!answer.ok) return null
  const { token } = (await answer.json()) as { token: string }
  return async (fault) => {
    const headers = { 'content-type': 'application/json', 'x-lab-token': token }
    const { ok, status } = await fetch(path, { method: 'POST', headers, body: JSON.stringify(fault) })
    if (!ok) throw new Error(`The lab answered ${status} to ${fault.fault}.`)
  }
}
