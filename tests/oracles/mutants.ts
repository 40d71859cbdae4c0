// Faults that somebody could build into Kabar. Each is one replaced text, and is loaded only by `mutation.ts`.

/** One mechanism that is missing, and what must notice that. */
export interface Mutant {
  readonly name: string
  /** Below the root of the repository. */
  readonly file: string
  /** A text that is there exactly once. */
  readonly find: string
  readonly replace: string
  /** A check of `mutant-checks.ts`. */
  readonly check: string
}

/** The mutants, by what they lack. */
export const mutants: readonly Mutant[] = [
  {
    name: 'no catch-up',
    file: 'src/feed/hub/hub.ts',
    find: 'if (before.length === 0) return',
    replace: 'if (before.length >= 0) return',
    check: 'schedules',
  },
  {
    name: 'a buffer without bound',
    file: 'src/feed/hub/page-sizes.ts',
    find: 'return bytes > bytesMax',
    replace: 'return bytes > 1e9 * bytesMax',
    check: 'schedules',
  },
  {
    name: 'a cursor by id',
    file: 'src/feed/events.ts',
    find: 'order by asked.topic_id, event.seq',
    replace: 'order by asked.topic_id, event.subject',
    check: 'order',
  },
  {
    name: 'a ring before COMMIT',
    file: 'src/feed/write.ts',
    find: 'return { result, hints, audited, rings: await appendEvents(sql, appender.placed()) }',
    replace: 'ring(await appendEvents(sql, appender.placed())); return { result, hints, audited, rings: [] }',
    check: 'rings',
  },
  {
    name: 'no heartbeat',
    file: 'src/feed/notify/notifier.ts',
    find: 'if (performance.now() - heardAt > config.echoTimeoutMs + config.echoMs) lost.resolve()',
    replace: 'if (false) lost.resolve()',
    check: 'heartbeat',
  },
  {
    name: 'no unique nonce',
    file: 'src/messages/send/queries.ts',
    find: 'and messages.nonce = send.nonce',
    replace: 'and false',
    check: 'nonce',
  },
  {
    name: 'no lock before judging',
    file: 'src/feed/topics.ts',
    find: 'order by id\n      for no key update',
    replace: 'order by id',
    check: 'judging',
  },
  {
    name: 'no end at removal',
    file: 'src/messages/room-stream.ts',
    find: ' || event.subject === viewerId',
    replace: '',
    check: 'removal',
  },
  {
    name: 'no bound of what a connection has not taken',
    file: 'src/http/unsent-bytes.ts',
    find: 'speaker.pause()',
    replace: '',
    check: 'unread',
  },
  {
    name: 'no end of a connection that takes nothing',
    file: 'src/http/unsent-bytes.ts',
    find: 'return entry.stillLooks >= looksMax',
    replace: 'return false',
    check: 'unread',
  },
  {
    name: 'no judging of what was read',
    file: 'src/feed/hub/catch-up.ts',
    find: 'subscriber.maySee = subscriber.maySeeNow === null || (await subscriber.maySeeNow())',
    replace: 'subscriber.maySee = true',
    check: 'showing',
  },
  {
    name: 'no bound on the payload of a pong',
    file: 'src/websocket/protocol.ts',
    find: '.length <= limits.pongPayloadLengthMax ? payload : undefined',
    replace: '.length >= 0 ? payload : undefined',
    check: 'pings',
  },
  {
    name: 'no bound on frames that begin no operation',
    file: 'src/config/websocket.ts',
    find: 'signalBytesMax: 8_192',
    replace: 'signalBytesMax: 262_144',
    check: 'signals',
  },
  {
    name: 'no bound on nesting',
    file: 'src/http/parsing.ts',
    find: 'if (depth > nestingMax) throw',
    replace: 'if (depth < 0) throw',
    check: 'nesting',
  },
  {
    name: 'no bound on the bytes of an answer',
    file: 'src/config/http.ts',
    find: 'answerBytesMax: values.ANSWER_BYTES_MAX',
    replace: 'answerBytesMax: Number.POSITIVE_INFINITY',
    check: 'answers',
  },
  {
    name: 'no least rate of uploads',
    file: 'src/media/uploads/receiver.ts',
    find: 'if (bytes - bytesAtCheck < least) count.destroy',
    replace: 'if (bytes < 0) count.destroy',
    check: 'trickle',
  },
  {
    name: 'no comparison at the head of a feed',
    file: 'src/feed/resync.ts',
    find: 'seq === head ? chain !== feed.chain :',
    replace: 'seq === head ? false :',
    check: 'schedules',
  },
  {
    name: 'no check that events follow a cursor',
    file: 'src/feed/resync.ts',
    find: 'findBreak({ seq, chain }, events) !== null',
    replace: 'false',
    check: 'schedules',
  },
  {
    name: 'no check that what is remembered follows a cursor',
    file: 'src/feed/hub/hub-topic.ts',
    find: 'return findBreak(position, events.slice(0, 1)) ? null : events',
    replace: 'return events',
    check: 'schedules',
  },
  {
    name: 'no comparison of chains in the sweep',
    file: 'src/feed/hub/hub.ts',
    find: 'reasonToResync(position, state) !== null) doubt',
    replace: 'state.head < position.seq) doubt',
    check: 'schedules',
  },
  {
    name: 'no comparison of chains where a subscriber becomes live',
    file: 'src/feed/hub/catch-up.ts',
    find: 'return isSamePosition(subscriber, subscriber.group.topic) && subscriber.seq >= subscriber.headAtStart',
    replace: 'return subscriber.seq >= subscriber.group.topic.seq && subscriber.seq >= subscriber.headAtStart',
    check: 'schedules',
  },
  {
    name: 'no time in the chain',
    file: 'src/feed/chain.ts',
    find: ' $' + '{at.getTime()}`',
    replace: '`',
    check: 'lostEdit',
  },
  {
    name: 'no chain from one event of a transaction to the next',
    file: 'src/feed/appender.ts',
    find: 'states.set(event.topicId, placed.state)',
    replace: 'states.set(event.topicId, { ...placed.state, chain: state.chain })',
    check: 'chains',
  },
]

/** One mutant in two places: whatever the replica answers is taken. `tests/database/read-replica.test.ts` has its check. */
export const replicaMutants: readonly Omit<Mutant, 'check'>[] = [
  {
    name: 'any answer of the replica',
    file: 'src/feed/topics.ts',
    find: "(topics.head = wanted.seq and topics.chain = decode(wanted.chain, 'hex'))",
    replace: 'true',
  },
  {
    name: 'any answer of the replica',
    file: 'src/feed/hub/read-behind.ts',
    find: 'reasonToResync({ seq, chain }, page) === null && isProven({ ...page, events }, known)',
    replace: 'reasonToResync({ seq, chain }, page) === null || isProven({ ...page, events }, known) || true',
  },
]
