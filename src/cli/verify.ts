// Recomputes the chains of feeds, which tells whether anything but Kabar wrote to them.

import { readConfig } from '../config/config.ts'
import { verifyLimits } from '../config/doctor.ts'
import { connect } from '../database/migrations/connect.ts'
import { type Sql, sqlOf } from '../database/sql.ts'
import { countTopics, readTopicsToVerify, type TopicToVerify, verifyFeeds } from '../feed/verify.ts'
import { formatId, parseId } from '../input/ids.ts'
import type { Action, Outcome } from './command.ts'
import { withPostgres } from './database.ts'
import { type Progress, withProgress } from './progress.ts'

/** Verifies the events of one room, or of all rooms and users. */
export const verifyCommand: Action = {
  about: 'recompute the chains of all events, and print where they break; changes nothing',
  options: { room: { value: 'ROOM', about: 'only this room, such as room_…' } },
  async run({ options: { room } }) {
    const roomId = room === undefined ? null : parseId('Room', room, '--room')
    return withPostgres(readConfig(), async (url) => {
      const client = await connect(url)
      try {
        const sql = sqlOf(client, () => undefined)
        return describe(await withProgress('Verifying', (progress) => verifyAll(sql, roomId, progress)))
      } finally {
        await client.end()
      }
    })
  },
}

interface Tally {
  topics: number
  events: number
  breaks: number
  /** The first of the breaks, in words. */
  readonly lines: string[]
}

async function verifyAll(sql: Sql, roomId: string | null, { report }: Progress): Promise<Tally> {
  const { topicsPerRead: take, eventsPerRead, breaksShownMax } = verifyLimits
  const tally: Tally = { topics: 0, events: 0, breaks: 0, lines: [] }
  let afterId: string | null = null
  const total = roomId === null ? await countTopics(sql) : 1
  for (;;) {
    const topics: TopicToVerify[] =
      roomId === null ? await readTopicsToVerify(sql, { afterId, take }) : [{ id: roomId, head: 0, isRoom: true }]
    const stretches = topics.map(({ id }) => ({ topicId: id, after: 0 }))
    const { events, breaks } = await verifyFeeds(sql, stretches, eventsPerRead)
    tally.topics += topics.length
    tally.events += events
    tally.breaks += breaks.length
    for (const { topicId, seq } of breaks.slice(0, breaksShownMax - tally.lines.length)) {
      tally.lines.push(`${nameOf(topics.find(({ id }) => id === topicId))} breaks at event ${seq}`)
    }
    report({ done: tally.topics, total, count: `${tally.events.toLocaleString('en')} events` })
    afterId = topics.at(-1)?.id ?? null
    if (roomId !== null || topics.length < take) return tally
  }
}

/** The id by which the API calls a topic. */
function nameOf(topic: TopicToVerify | undefined): string {
  return topic ? formatId(topic.isRoom ? 'Room' : 'User', topic.id) : ''
}

function describe({ topics, events, breaks, lines }: Tally): Outcome {
  const seen = `${events.toLocaleString('en')} events of ${topics.toLocaleString('en')} rooms and users`
  if (breaks === 0) return `Verified ${seen}: all follow each other.`
  const more = breaks > lines.length ? [`… and ${(breaks - lines.length).toLocaleString('en')} more`] : []
  const advice =
    'Something other than Kabar changed them. Clients whose cursor is from before a break resync by themselves.'
  return { text: [...lines, ...more, `Verified ${seen}: ${breaks} of them break. ${advice}`].join('\n'), isFault: true }
}
