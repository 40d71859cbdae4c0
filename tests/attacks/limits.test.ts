// The kind behind every limit: it must hold when it is multiplied by the largest thing that it counts.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { accountDeletionLimits, dataExportLimits, retentionLimits } from '../../src/config/account.ts'
import { signInLimits } from '../../src/config/auth.ts'
import { limits, readConfig } from '../../src/config/config.ts'
import { databaseLimits, embeddedLimits } from '../../src/config/database.ts'
import { feedDefaults, feedLimits } from '../../src/config/feed.ts'
import { friendLimits } from '../../src/config/friends.ts'
import { operationLimits } from '../../src/config/http.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { oldVisitsLimits, presenceDefaults } from '../../src/config/presence.ts'
import { type Rate, rateDefaults } from '../../src/config/rates.ts'
import { deletionLimits, roomLimits } from '../../src/config/rooms.ts'
import { searchLimits } from '../../src/config/search.ts'
import { nameStatements } from '../../src/database/sql.ts'
import { createHintQueue } from '../../src/feed/hints/hint-queue.ts'
import { createDocumentCache } from '../../src/http/document-cache.ts'
import { createOperationCounter } from '../../src/http/operation-counter.ts'
import { createSharedDocuments } from '../../src/http/shared-documents.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { createVirtualClock } from '../simulation/virtual-time.ts'
import { measureHeld } from '../support/growth/heap.ts'
import { holdingBytesMax, holdings } from '../support/growth/holdings.ts'
import {
  numbersOfChores,
  numbersOfEdge,
  numbersOfFeed,
  numbersOfFriends,
  numbersOfLimits,
  numbersOfOperations,
  numbersOfSearch,
} from '../support/growth/numbers.ts'
import {
  attemptMs,
  numbersOfDatabase,
  numbersOfMedia,
  numbersOfPresence,
  numbersOfRooms,
  numbersOfSignIn,
} from '../support/growth/numbers-of-server.ts'
import { budgets, type Weight } from '../support/growth/scopes.ts'

const { edge, media } = readConfig({ NODE_ENV: 'production' })

/** A time is its own bound. */
const isTime = (name: string) => /(?:Ms|Ms[A-Z][a-z]+|Seconds|SecondsMax|Days|DaysMax)$/.test(name)

/** The counts and sizes of a configuration, those inside its parts as `part.name`. */
function countsOf(config: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]: [string, unknown]): [string, number][] => {
      if (typeof value === 'number') return isTime(name) ? [] : [[name, value]]
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
      return Object.entries(countsOf(value)).map(([inner, count]) => [`${name}.${inner}`, count])
    }),
  )
}

const configurations: Readonly<Record<string, readonly [config: object, weights: Readonly<Record<string, Weight>>]>> = {
  limits: [limits, numbersOfLimits],
  operationLimits: [operationLimits, numbersOfOperations],
  edge: [edge, numbersOfEdge],
  feed: [{ ...feedDefaults, ...feedLimits }, numbersOfFeed],
  friends: [friendLimits, numbersOfFriends],
  search: [searchLimits, numbersOfSearch],
  chores: [
    { ...accountDeletionLimits, ...retentionLimits, ...dataExportLimits, ...oldVisitsLimits, ...deletionLimits },
    numbersOfChores,
  ],
  media: [
    { ...mediaLimits, ...media, uploadBytesMax: undefined, bytesPerUserMax: undefined, s3: undefined },
    numbersOfMedia,
  ],
  presence: [presenceDefaults, numbersOfPresence],
  rooms: [roomLimits, numbersOfRooms],
  signIn: [signInLimits, numbersOfSignIn],
  database: [{ ...databaseLimits, ...embeddedLimits }, numbersOfDatabase],
}

describe.for(Object.entries(configurations))('the numbers of %s', ([, [config, weights]]) => {
  const counts = countsOf(config)

  test('are all weighed: a new one needs a weight', () => {
    expect(Object.keys(weights).toSorted()).toEqual(Object.keys(counts).toSorted())
  })

  test.for(Object.entries(counts))('%s (%d) holds when it is multiplied by what it counts', ([name, count]) => {
    const weight = weights[name]
    if (!weight) throw new Error(`${name} has no weight`)
    const budget = budgets[weight.scope]
    expect(count * weight.bytes, `bytes of ${weight.scope}`).toBeLessThanOrEqual(budget.bytes)
    expect(count * weight.ms, `milliseconds of ${weight.scope}`).toBeLessThanOrEqual(budget.ms)
  })
})

describe('the rates', () => {
  /** The part of a core that one user or address may take with one kind of attempt. */
  const coreMax = 0.25

  test('are all weighed: a new one needs a weight', () => {
    expect(Object.keys(attemptMs).toSorted()).toEqual(Object.keys(rateDefaults).toSorted())
  })

  test.for(Object.entries<Rate>(rateDefaults))('%s takes a small part of a core', ([name, { points, seconds }]) => {
    expect((points * (attemptMs[name] ?? Number.NaN)) / (seconds * 1_000)).toBeLessThanOrEqual(coreMax)
  })
})

/** Makers of what lives as long as the server, a connection or a subscription. */
const maker = /^(?:create|serve|start|open|keep|make|gather|watch|connect|memoize)/

/** Finds lists, maps and sets that are empty when they are made in a maker, by file and name. */
function findHoldings(): string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src'], {
    encoding: 'utf8',
  })
  const found = files.split('\n').flatMap((path) => {
    if (!path.endsWith('.ts') || path.includes('/cli/')) return []
    let within: string | null = null
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const begun = /^(?:export )?(?:async )?function\*? (\w+)/.exec(line)?.[1]
        if (begun !== undefined) within = begun
        else if (line === '}') within = null
        const name =
          /^ {2}(?:const|let) (\w+)(?:: .*?)? = (?:new (?:Map|Set|WeakMap|WeakSet)\b.*|createLru<.*|\[\])$/.exec(
            line,
          )?.[1]
        return name && within !== null && maker.test(within)
          ? [`${path.slice('src/'.length, -'.ts'.length)} ${name}`]
          : []
      })
  })
  return [...new Set(found)].toSorted()
}

describe('what is kept for longer than a call', () => {
  test('has a bound: whatever is new needs one', () => {
    expect(Object.keys(holdings).toSorted()).toEqual(findHoldings())
  })

  test.for(Object.entries(holdings))('%s holds when it is multiplied by what it keeps', ([, { per, count, bytes }]) => {
    expect(count * bytes, `bytes of each ${per}`).toBeLessThanOrEqual(holdingBytesMax[per])
  })
})

test('all that a server keeps in every place at once leaves room in a heap of 400 MB', () => {
  const all = Object.values(holdings).filter(({ per }) => per === 'server')
  const bytes = all.reduce((sum, one) => sum + one.count * one.bytes, 0)
  expect(bytes).toBeLessThanOrEqual(340 * 1_048_576)
})

describe('what was weighed weighs so much', () => {
  /** The documents with the most nodes for their text. */
  const text = (index: number) => `{ ${'a '.repeat(900)} b${index} }`

  const bytesOf = (name: string) => {
    const holding = holdings[name]
    if (!holding) throw new Error(`there is no ${name}`)
    return holding.count * holding.bytes
  }

  test('documents that are kept for the next time', async () => {
    const held = await measureHeld(() => {
      const cache = createDocumentCache()
      const count = Math.ceil(operationLimits.keptTextMax / text(0).length) + 100
      for (let index = 0; index < count; index++) cache.set(text(index), parse(text(index)))
      return cache
    })
    expect(held).toBeLessThanOrEqual(bytesOf('http/document-cache documents'))
  })

  test('documents of the subscriptions of one user', async () => {
    const held = await measureHeld(() => {
      const keep = createSharedDocuments({
        textMax: limits.subscriptionTextMax,
        serverTextMax: limits.serverSubscriptionTextMax,
      })
      const count = Math.floor(limits.subscriptionTextMax / text(99).length)
      return [keep, ...Array.from({ length: count }, (_, index) => keep('ada', text(index), parse(text(index))))]
    })
    expect(held).toBeLessThanOrEqual(bytesOf('http/shared-documents entries'))
  })

  test('subscriptions of a server are refused to those who hold much, and something is left for others', () => {
    const bounds = { textMax: limits.subscriptionTextMax, serverTextMax: limits.serverSubscriptionTextMax }
    const keep = createSharedDocuments(bounds)
    const document = parse('{ a }')
    const size = 4_096
    const textOf = (user: number, index: number) => `${user} ${index}`.padEnd(size, '#')
    const held = Array.from({ length: 100 }, (_, user) => {
      for (let count = 0; ; count++) {
        try {
          keep(`user ${user}`, textOf(user, count), document)
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOO_MANY_SUBSCRIPTIONS' })
          return count
        }
      }
    })
    expect(held[0]).toBe(bounds.textMax / size)
    expect(held.reduce((sum, count) => sum + count * size, 0)).toBeLessThanOrEqual(bounds.serverTextMax)
    // a small text of somebody else, and one that is kept already
    expect(keep('bob', textOf(0, 0), document).document).toBeDefined()
    const { release } = keep('ada', 'subscription { a }', document)
    expect(() => keep('ada', textOf(-1, 0).repeat(2), document)).toThrow()
    release()
  })

  test('hints that wait', async () => {
    const uuid = '01890a5d-ac96-774b-bcce-b302099a8057'
    const held = await measureHeld(() => {
      const { hintsQueuedMax: queuedMax } = feedDefaults
      const { counts } = createMetrics()
      const queue = createHintQueue({ clock: createVirtualClock(), waitMs: 150, queuedMax, counts, send: () => {} })
      for (let index = 0; index < queuedMax * 3; index++) {
        queue.add({ topicId: uuid, kind: 'TYPING_CHANGED', subject: `${uuid}${index}`, actorId: uuid, value: 1 })
      }
      return queue
    })
    expect(held).toBeLessThanOrEqual(bytesOf('feed/hints/hint-queue waiting'))
  })

  test('addresses whose operations are counted', async () => {
    const addresses = 20_000
    const held = await measureHeld(() => {
      const counter = createOperationCounter({ ...edge, metrics: createMetrics() })
      for (let index = 0; index < addresses; index++) counter.take({ viewer: null, address: `2001:db8::${index}` }, 1)
      return counter
    })
    expect(held / addresses).toBeLessThanOrEqual(bytesOf('http/allowance allowances'))
  })

  test('names of statements', async () => {
    const held = await measureHeld(() => {
      const nameOf = nameStatements()
      for (let index = 0; index < databaseLimits.statementNamesMax * 3; index++)
        nameOf(`select ${index} ${'x'.repeat(2_000)}`)
      return nameOf
    })
    expect(held).toBeLessThanOrEqual(bytesOf('concurrency/lru known') / 2)
  })
})
