// The heaviest answers that a server allows: found by asking, because the limits are its own business.

import { ask } from '../chaos/client.ts'
import type { Stage } from './attacker.ts'

const aliasesTried = [48, 24, 12, 6, 3, 2, 1]
const pagesTried = [100, 50, 20, 10]
const answerMs = 15_000
const triesMax = 5

const queryOf = (aliases: number, rows: number) => {
  const bodies = Array.from({ length: aliases }, (_, index) => `b${index}: body`).join(' ')
  return `query ($id: ID!) { room(id: $id) { messages(last: ${rows}) { nodes { ${bodies} } } } }`
}

/** Finds the heaviest question that is answered with data, and its parameters. */
export async function findHeaviest({
  url,
  people,
  roomId,
}: Pick<Stage, 'url' | 'people' | 'roomId'>): Promise<Stage['heaviest']> {
  const [person] = people
  const variables = { id: roomId }
  const candidates = aliasesTried
    .flatMap((aliases) => pagesTried.map((rows) => ({ aliases, rows })))
    .toSorted((a, b) => b.aliases * b.rows - a.aliases * a.rows)
  for (const { aliases, rows } of candidates) {
    const query = queryOf(aliases, rows)
    for (let tries = 0; tries < triesMax; tries++) {
      const answer = await ask(url, { query, variables, token: person?.token ?? '' }, answerMs)
      if (answer.kind === 'done') return { query, variables }
      if (answer.kind === 'refused') break
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
  throw new Error('the server answers no question about messages')
}
