// `npm run upgrades -- REVISION`: the server of the last release and this one serve one database at the same time.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatRun } from '../chaos/report.ts'
import { checkOut } from '../scripts/checkout.ts'
import { lastRelease, root } from './releases.ts'
import { upgrade } from './rolling.ts'
import { apiAt, compareApi, notesSince } from './schema-changes.ts'

const usage = `Tries the upgrade from an older release: npm run upgrades -- [REVISION] [--seed NUMBER]

REVISION is any revision of git; the last tag v* when none is given. Its API and this one are compared: CHANGELOG.md must name
what breaks clients, by type and field. Then its server and this one share a database under load, each takes over from the
other, and every promise is checked.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, help: { type: 'boolean', default: false } },
})
const revision = positionals[0] ?? lastRelease()
if (values.help) console.log(usage)
else if (revision === null) console.log('No release is tagged yet.')
else {
  await compare(revision)
  await roll(revision)
}

/** Compares the API with that of a revision. */
async function compare(name: string): Promise<void> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const notes = notesSince(read('CHANGELOG.md'), name)
  const changes = await compareApi({ before: apiAt(name), after: { schema: read('schema.graphql') }, notes })
  const parts = [
    ['breaking, and not named in CHANGELOG.md', changes.unnamed],
    ['an operation of its clients is refused', changes.refused],
    ['breaking, and named in CHANGELOG.md', changes.named],
    ['may surprise a client', changes.dangerous],
  ] as const
  for (const [kind, lines] of parts) for (const line of lines) console.log(`· ${kind}: ${line}`)
  const isBroken = changes.unnamed.length + changes.refused.length > 0
  console.log(`${isBroken ? '✗' : '✓'} the API, compared with that of ${name}`)
  if (isBroken) process.exitCode = 1
}

async function roll(name: string): Promise<void> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
  console.log(`From ${name} to this, with --seed ${seed}`)
  const { folder, remove } = await checkOut(name)
  let close = async () => {}
  // PostgreSQL and the servers would outlive this process
  const giveUp = () =>
    void close()
      .then(remove)
      .finally(() => process.exit(1))
  process.on('SIGINT', giveUp).on('SIGTERM', giveUp)
  const onStarted = (closeAll: () => Promise<void>) => {
    close = closeAll
  }
  try {
    const say = (line: string) => console.log(`· ${line}`)
    const result = await upgrade({ folder, seed, warmMs: 1_000, caughtUpMsMax: 15_000, say, onStarted })
    console.log(formatRun(result))
    if (result.violations.length > 0) process.exitCode = 1
  } finally {
    await remove()
  }
}
