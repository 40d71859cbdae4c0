import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { listActions } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { dataExportLimits } from '../../src/config/accounts.ts'
import { limits, readConfig } from '../../src/config/config.ts'
import { edgeRatios, operationLimits, type RateName, rateDefaults, sendWindowMs } from '../../src/config/edge.ts'
import { feedDefaults } from '../../src/config/feed.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { invitationLimits } from '../../src/config/rooms.ts'
import { signInLimits } from '../../src/config/sign-in.ts'
import { variables } from '../../src/config/variables.ts'
import { operationsOf, readText } from '../support/readme.ts'

const readme = readText('README.md')

test('the table of settings says what the code reads', () => {
  const [, written] = /<!-- configuration -->\n([\s\S]*?)\n<!-- \/configuration -->/.exec(readme) ?? []
  const rows = Object.entries(variables).map(
    ([name, variable]) =>
      `| \`${name}\` | ${variable.default && `\`${variable.default}\``} | ${variable.description} |`,
  )
  expect(written).toBe(['| Name | Default | Meaning |', '|---|---|---|', ...rows].join('\n'))
})

test('the table of features names only fields that the schema has', () => {
  const [, written = ''] = /<!-- features -->\n([\s\S]*?)\n<!-- \/features -->/.exec(readme) ?? []
  const named = [...written.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(30)
  const types = Object.values(buildSchema(readText('schema.graphql')).getTypeMap())
  const fields = new Set(types.flatMap((type) => ('getFields' in type ? Object.keys(type.getFields()) : [])))
  expect(named.filter((name) => !fields.has(name))).toEqual([])
})

test('the table of commands says what the command line knows', () => {
  const [, written] = /<!-- commands -->\n([\s\S]*?)\n<!-- \/commands -->/.exec(readme) ?? []
  const rows = listActions(commands).map(({ call, about }) => `| \`${call}\` | ${about} |`)
  expect(written).toBe(['| Command | What it does |', '|---|---|', ...rows].join('\n'))
})

/** How the README says a bound, from where it stands in the code. */
function limitRows(): string[] {
  const { edge, rates } = readConfig({ NODE_ENV: 'production' })
  const { tokensMax, depthMax, aliasesMax, directivesMax, rootFieldsMax, costMax } = operationLimits
  const { nestingMax, nameLengthMax, valuesMax, valueNestingMax, selectionsMax, comparisonsMax } = operationLimits
  const rate = (name: RateName) => {
    const { points, seconds } = rateDefaults[name]
    return `${points} in ${seconds} s`
  }
  expect(rates).toBe(rateDefaults)
  const complex = '`OPERATION_TOO_COMPLEX`'
  const rows: [what: string, bound: string, beyond: string][] = [
    ['Tokens of a document', `${tokensMax}`, complex],
    ['Brackets of a document within each other', `${nestingMax}`, complex],
    ['Characters of a name in an answer', `${nameLengthMax}`, complex],
    ['Selections of a document, with what its fragments hold where they are spread', `${selectionsMax}`, complex],
    ['Pairs of fields of one name and of fragments beside each other', `${comparisonsMax}`, complex],
    ['Faults of a document that are told', `${operationLimits.faultsMax}`, 'the first of them'],
    ['Values of variables, also inside lists and objects', `${valuesMax}`, complex],
    ['Lists and objects of variables within each other', `${valueNestingMax}`, complex],
    ['Fields within each other', `${depthMax}`, complex],
    ['Aliases of an operation', `${aliasesMax}`, complex],
    ['Directives of an operation', `${directivesMax}`, complex],
    ['Fields at the root of an operation', `${rootFieldsMax}`, complex],
    ['Fields that an operation asks for, times the rows of their pages', `${costMax}`, complex],
    ['Bytes of an answer, or of an event of a stream', `${edge.answerBytesMax}`, complex],
    ['Time of an operation', `${edge.operationMs / 1_000} s`, '`SERVICE_UNAVAILABLE`'],
    ['Edges of a page', `${limits.pageSizeMax}`, '`BAD_USER_INPUT`'],
    ['Bytes of a request or of a WebSocket frame', `${limits.requestBytesMax}`, 'status 413, close code 1009'],
    ['Time for the headers of a request', `${edge.headersMs / 1_000} s`, 'the connection is dropped'],
    ['Time for the body of an operation', `${edge.requestMs / 1_000} s`, 'the connection is dropped'],
    ['Time until `connection_init`', `${feedDefaults.connectionInitMs / 1_000} s`, 'close code 4408'],
    [
      'Bytes that a connection has not taken, or asked of a socket and not been answered',
      `${feedDefaults.socketBufferBytesMax}`,
      'it is read no further',
    ],
    [
      'Time in which a connection takes none of the bytes that wait for it',
      `${feedDefaults.stallMs / 1_000} s`,
      'close code 1013, or the connection is dropped',
    ],
    [
      'Bytes that all connections of a server have not taken',
      `${edgeRatios.unsentBytesOfHeap} of the heap’s limit`,
      'the connection that holds most is dropped',
    ],
    ['Requests that wait on one HTTP connection', `${edge.requestsWaitingMax}`, 'the connection is dropped'],
    ['Queries and mutations of a socket that are executed at once', `${edge.answersAtOnceMax}`, 'they wait'],
    ['Characters of the payload of a ping', `${limits.pongPayloadLengthMax}`, 'the pong has none'],
    ['Operations at once on a socket', `${limits.subscriptionsPerSocketMax}`, '`TOO_MANY_SUBSCRIPTIONS`'],
    [
      'Characters of the different subscriptions of a user on sockets',
      `${limits.subscriptionTextMax}`,
      '`TOO_MANY_SUBSCRIPTIONS`',
    ],
    ['Characters of their variables, each', `${limits.subscriptionVariablesMax}`, '`OPERATION_TOO_COMPLEX`'],
    ['Operations of a user in a minute, on one server', `${edge.operationsPerMinuteMax}`, '`RATE_LIMITED`'],
    [
      'The same of an address, for those who are not signed in',
      `${edge.addressOperationsPerMinuteMax}`,
      '`RATE_LIMITED`',
    ],
    ['New documents of a user or address that wait to be read', `${operationLimits.textsWaitingMax}`, '`RATE_LIMITED`'],
    ['Sockets and event streams of a user', `${edge.socketsPerUserMax}`, 'close code 1013, `TOO_MANY_SUBSCRIPTIONS`'],
    ['Sockets and event streams of an address', `${edge.socketsPerAddressMax}`, 'status 429'],
    [
      'Connections of an address that is no proxy',
      `${edgeRatios.connectionsPerSocket * edge.socketsPerAddressMax}`,
      'the connection is dropped',
    ],
    ['Messages of a user, over all rooms', `${edge.sendsMax} in ${sendWindowMs / 1_000} s`, '`RATE_LIMITED`'],
    ['Rooms that a user makes, direct ones too', rate('roomsOfUser'), '`RATE_LIMITED`'],
    ['Rooms that a user enters', rate('joinsOfUser'), '`RATE_LIMITED`'],
    ['Times that a user adds members', rate('additionsOfUser'), '`RATE_LIMITED`'],
    ['Invites that a user makes', rate('invitesOfUser'), '`RATE_LIMITED`'],
    [
      'Invitations into rooms that a user makes',
      `${invitationLimits.madeMax} in ${invitationLimits.windowMs / 1_000} s`,
      '`RATE_LIMITED`',
    ],
    [
      'Invitations that wait for a user, and those of a room',
      `${invitationLimits.waitingPerUserMax}, ${invitationLimits.waitingPerRoomMax}`,
      '`CONFLICT`',
    ],
    ['Friend requests of a user', rate('friendRequestsOfUser'), '`RATE_LIMITED`'],
    ['Messages that a user reports', rate('reportsOfUser'), '`RATE_LIMITED`'],
    ['Uploads that a user announces', rate('uploadsOfUser'), '`RATE_LIMITED`'],
    ...fileRows(),
    ['Searches of a user through messages', rate('searchesOfUser'), '`RATE_LIMITED`'],
    ['Changes of a user to their profile', rate('profilesOfUser'), '`RATE_LIMITED`'],
    ['Exports of a user', `${dataExportLimits.exportsPerDayMax} in 24 h`, '`RATE_LIMITED`'],
    ['Failed sign-ins of an address to one account', rate('signInToAccount'), '`RATE_LIMITED`'],
    ['Failed sign-ins of an address', rate('signInFromAddress'), '`RATE_LIMITED`'],
    ['Accounts and guests that an address makes', rate('signUpFromAddress'), '`RATE_LIMITED`'],
    ['Refreshed sessions of an address', rate('refreshFromAddress'), '`RATE_LIMITED`'],
    ['Passwords of the account that its user says wrongly', rate('passwordOfUser'), '`RATE_LIMITED`'],
    ['Passwords that a user sets, of rooms too', rate('passwordSetByUser'), '`RATE_LIMITED`'],
    ['Wrong passwords of a user for one room', rate('passwordOfRoom'), '`RATE_LIMITED`'],
    ['Wrong passwords of an address for one room', rate('passwordOfRoomFromAddress'), '`RATE_LIMITED`'],
    ['Passwords that wait to be hashed', `${signInLimits.hashesWaitingMax}`, '`SERVICE_UNAVAILABLE`'],
  ]
  return ['| What | Bound | Beyond it |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)]
}

/** The rows of uploaded files. */
function fileRows(): [what: string, bound: string, beyond: string][] {
  const { uploadPlaces, imagePlaces, imagePixelsMax, imageWholePixelsMax, imageFramesMax } = mediaLimits
  const { uploadBytesPerSecondMin, uploadWaitMs, imageMs, imageMemoryBytesMax } = readConfig({}).media
  const [unavailable, unsupported] = ['`SERVICE_UNAVAILABLE`', '`UNSUPPORTED_MEDIA`']
  const atOnce = ({ atOnceMax, user, address }: typeof uploadPlaces | typeof imagePlaces) =>
    `${atOnceMax}, ${user.atOnceMax} of a user, ${address.atOnceMax} of an address`
  const waiting = ({ waitingMax, user, address }: typeof uploadPlaces | typeof imagePlaces) =>
    `${waitingMax}, ${user.waitingMax} of a user, ${address.waitingMax} of an address`
  return [
    ['Uploads that a server receives at once', atOnce(uploadPlaces), 'the upload waits'],
    [
      'Uploads that wait',
      `${waiting(uploadPlaces)}, each for ${uploadWaitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Bytes a second of an upload, at least', `${uploadBytesPerSecondMin}`, unavailable],
    ['Images that a server decodes at once', atOnce(imagePlaces), 'the image waits'],
    [
      'Images that wait',
      `${waiting(imagePlaces)}, each for ${imagePlaces.waitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Pixels of an image, over all frames', `${imagePixelsMax}`, unsupported],
    ['The same of a WebP or AVIF', `${imageWholePixelsMax}`, unsupported],
    ['Frames of an image', `${imageFramesMax}`, unsupported],
    ['Time to decode an image', `${imageMs / 1_000} s`, unsupported],
    ['Memory to decode an image', `${imageMemoryBytesMax} bytes`, unsupported],
  ]
}

test('the table of limits says what the code keeps', () => {
  const [, written] = /<!-- limits -->\n([\s\S]*?)\n<!-- \/limits -->/.exec(readme) ?? []
  expect(written).toBe(limitRows().join('\n'))
})

describe.for(['README.md', 'CONTRIBUTING.md'])('%s', (path) => {
  const text = readText(path)

  test('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
    const missing = links.filter((link) => !existsSync(join(import.meta.dirname, '..', '..', dirname(path), link)))
    expect(missing).toEqual([])
  })

  test('names only commands that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short)
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((name) => !name || !scripts[name])).toEqual([])
  })

  test('has only operations that the schema knows', () => {
    const schema = buildSchema(readText('schema.graphql'))
    for (const operation of operationsOf(text)) {
      const errors = validate(schema, parse(operation)).map((error) => error.message)
      expect(errors, operation).toEqual([])
    }
  })
})

describe('the promises of the README', () => {
  const rows = [...readme.matchAll(/^\| (P\d+) \|.*\| \[(P\d+)\]\(([^)]+)\) \|$/gm)]

  test('are numbered from P1 without a gap', () => {
    const numbers = rows.map(([, number]) => number)
    expect(numbers).toEqual(numbers.map((_, index) => `P${index + 1}`))
    expect(numbers.length).toBe([...readme.matchAll(/^\| P\d+/gm)].length)
    expect(numbers.length).toBeGreaterThanOrEqual(9)
  })

  test.for(rows.map(([, number = '', label = '', path = '']) => [number, label, path] as const))(
    '%s is held by a test of its name',
    ([number, label, path]) => {
      expect(label).toBe(number)
      expect(readText(path)).toMatch(new RegExp(`\\btest[^'"\`]*\\(\\s*['"\`]${number}\\b`))
    },
  )
})

test('the Dockerfile copies only what exists and is let through by .dockerignore', () => {
  const allowed = new Set([...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path))
  const copied = [...readText('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  )
  expect(copied.length).toBeGreaterThan(3)
  for (const path of copied) {
    expect(existsSync(join(import.meta.dirname, '..', '..', path)), path).toBe(true)
    expect(allowed, path).toContain(path.split('/')[0])
  }
})

test('the Dockerfile and the bench start servers with the flags of `npm start`', () => {
  const [, flags = ''] = /^const serverFlags = \[(.+)\]$/m.exec(readText('scripts/run.mjs')) ?? []
  expect(flags).not.toBe('')
  const [, started = ''] = /^CMD (\[.+\])$/m.exec(readText('Dockerfile')) ?? []
  const [, ...args] = JSON.parse(started) as string[]
  expect(args).toEqual([...flags.split(', ').map((flag) => flag.slice(1, -1)), 'src/main.ts'])
  expect(readText('bench/servers/process.ts')).toContain(flags)
})
