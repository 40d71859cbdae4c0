// Compares the CPU of fan-out, sends and reads with those of another revision: `npm run bench:revisions -- REVISION`.
//
// Both run at the same time, each on a database of its own, and take turns of less than a second: runs one after the other
// differ by more than most changes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { checkOut } from '../../scripts/checkout.ts'
import { quantile } from '../statistics.ts'

const warmUpMs = 1_500
const roundMs = 700

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '40' }, only: { type: 'string', default: '' } },
})
const [revision] = positionals
const rounds = Number(values.rounds)
if (!revision || !(rounds > 0))
  throw new Error('Say which revision to compare with: npm run bench:revisions -- REVISION [--rounds N] [--only KIND]')

const root = join(import.meta.dirname, '..', '..')
const { folder, remove } = await checkOut(revision)
try {
  await compare(folder, revision)
} finally {
  await remove()
}

async function compare(directory: string, name: string): Promise<void> {
  await cp(join(root, 'bench', 'revisions'), join(directory, 'bench', 'revisions'), { recursive: true })
  const other = await startWorker(directory)
  const own = await startWorker(root)
  const kinds = own.kinds.filter((kind) => other.kinds.includes(kind) && kind.includes(values.only))
  for (const kind of kinds) {
    for (const worker of [other, own]) for (const ms of [warmUpMs, warmUpMs]) await worker.ask({ kind, ms })
  }
  console.log(
    `CPU of this revision per delivery, send or read, as a ratio of that of ${name}: the median of rounds (quartiles)`,
  )
  for (const kind of kinds) console.log(`${kind.padEnd(12)} ${await measure(kind, { other, own })}`)
  await Promise.all([other.end(), own.end()])
}

type Worker = Awaited<ReturnType<typeof startWorker>>

/** Measures a kind in turns. Returns the line that tells of it. */
async function measure(kind: string, { other, own }: { other: Worker; own: Worker }): Promise<string> {
  const ratios: { server: number; total: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const asked = { kind, ms: roundMs }
    // who begins alternates
    const early = round % 2 === 0 ? await other.ask(asked) : null
    const ours = await own.ask(asked)
    const theirs = early ?? (await other.ask(asked))
    ratios.push({ server: ours.server / theirs.server, total: ours.total / theirs.total })
  }
  const text = (part: 'server' | 'total') => {
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
      quantile(
        ratios.map((ratio) => ratio[part]),
        share,
      ).toFixed(2),
    )
    return `${middle} × (${low} to ${high})`
  }
  return `server ${text('server')}, with PostgreSQL ${text('total')}`
}

/** Starts the server of a checkout with its load. */
async function startWorker(directory: string) {
  const child = spawn(process.execPath, ['bench/revisions/worker.ts'], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`The server of ${directory} has ended.`)
    return JSON.parse(value)
  }
  return {
    kinds: (await next()) as string[],
    async ask(question: { kind: string; ms: number }) {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      return (await next()) as { server: number; total: number }
    },
    async end() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}
