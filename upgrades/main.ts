// `npm run upgrades -- REVISION`: the server of the last release and this one serve one database at the same time.

import { parseArgs } from 'node:util'
import { formatRun } from '../chaos/report.ts'
import { checkOut } from './checkout.ts'
import { lastRelease } from './releases.ts'
import { upgrade } from './rolling.ts'

const usage = `Tries the upgrade from an older release: npm run upgrades -- [REVISION] [--seed NUMBER]

REVISION is any revision of git; the last tag v* when none is given. Its server and this one share a database under
load, each takes over from the other, and every promise is checked.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, help: { type: 'boolean', default: false } },
})
const revision = positionals[0] ?? lastRelease()
if (values.help) console.log(usage)
else if (revision === null) console.log('No release is tagged yet.')
else await main(revision)

async function main(name: string): Promise<void> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
  console.log(`From ${name} to this, with --seed ${seed}`)
  const { folder, remove } = await checkOut(name)
  try {
    const say = (line: string) => console.log(`· ${line}`)
    const result = await upgrade({ folder, seed, warmMs: 1_000, caughtUpMsMax: 15_000, say })
    console.log(formatRun(result))
    if (result.violations.length > 0) process.exitCode = 1
  } finally {
    await remove()
  }
}
