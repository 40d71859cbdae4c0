import { expect } from 'vitest'
import { EventKind } from '../../src/generated/prisma/client.ts'
import { givenSeed, mutationNames, type Played, playSequence } from '../simulation/sequence.ts'
import { exceptions } from '../simulation/sequence-exceptions.ts'
import { moveKinds } from '../simulation/sequence-moves.ts'
import { test as base } from '../support/server.ts'

const steps = 80
/** Some five seconds where there is nothing else to do. */
const patienceMs = 120_000

/** The type that tells of a kind of event: its name, but that all ways to leave are one. */
const typeOf = (kind: string) => {
  if (/^MEMBER_(LEFT|REMOVED|BANNED|DELETED)$/.test(kind)) return 'MemberLeft'
  return kind.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The servers tell of what happens in messages of their own, too. */
const test = base
  .extend('servers', { scope: 'file' }, async ({ start }) => {
    // so that nobody has a password, which takes long to hash
    const settings = { systemMessages: true, passwordlessSignIn: true }
    return [await start(settings), await start(settings)] as const
  })
  .extend('played', { scope: 'file' }, (): Played[] => [])

/** The accounts here stay, and exports are made by a chore: tests/account/export.test.ts. */
const unwritten: EventKind[] = ['MEMBER_DELETED', 'DATA_EXPORT_ENDED']

const seeds = givenSeed === null ? [1, 2, 3] : [givenSeed]

for (const seed of seeds) {
  test(
    `what a client keeps by events alone is what a new one reads, by seed ${seed}`,
    async ({ servers, played }) => {
      played.push(await playSequence({ seed, steps }, { db: servers[0].parts.db, servers }))
    },
    patienceMs,
  )
}

test('a random sequence makes every mutation, or says why not', () => {
  const known = [...Object.keys(moveKinds), ...Object.keys(exceptions)]
  expect(known.toSorted()).toEqual(mutationNames.toSorted())
})

test.runIf(givenSeed === null)('the sequences made every mutation', ({ played }) => {
  for (const name of Object.keys(moveKinds)) {
    expect(
      played.reduce((sum, { made }) => sum + (made.get(name) ?? 0), 0),
      name,
    ).toBeGreaterThan(0)
  }
  expect(played.reduce((sum, { snapshots }) => sum + snapshots, 0)).toBeGreaterThan(0)
})

test.runIf(givenSeed === null)(
  'the sequences wrote every kind of event, and somebody got it',
  async ({ servers, played }) => {
    const kinds = await servers[0].parts.db.event.findMany({ distinct: ['kind'], select: { kind: true } })
    const written = new Set(kinds.map(({ kind }) => kind))
    expect(Object.values(EventKind).filter((kind) => !written.has(kind))).toEqual(unwritten)
    const heard = new Set(played.flatMap((sequence) => [...sequence.heard]))
    const types = new Set(
      Object.values(EventKind)
        .map(typeOf)
        .filter((type) => type !== 'DataExportEnded'),
    )
    expect([...types].filter((type) => !heard.has(type))).toEqual([])
  },
)
