// Reads a file of accounts: one JSON object per line (NDJSON), or a JSON array. auth/imports.ts decides which accounts and
// password hashes are accepted.

import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import type { ImportLine } from '../auth/imports.ts'
import { signInLimits } from '../config/auth.ts'
import { StartError } from '../database/start-error.ts'
import type { Step } from './progress.ts'

/**
 * Reads the accounts of a file one by one.
 *
 * Skips empty lines, and tells after each account how much of the file is done. Errors never contain the contents, which have password hashes.
 *
 * @throws StartError when the file cannot be read.
 */
export async function* readUsersFile(
  name: string,
  onRead: (step: Step) => void = () => {},
): AsyncGenerator<ImportLine> {
  // npm runs commands in the project folder; INIT_CWD is the folder where it was called
  // biome-ignore lint/style/noProcessEnv: it is no setting
  const path = resolve(process.env.INIT_CWD ?? '.', name)
  const file = await stat(path).catch(() => null)
  if (!file?.isFile()) throw new StartError(`File not found: ${path}.`)
  const kind = extname(path).toLowerCase()
  if (kind === '.json') yield* readArray(path, file.size, onRead)
  else if (kind === '.ndjson' || kind === '.jsonl') yield* readLines(path, file.size, onRead)
  else throw new StartError('The file name must end with .json (an array), .ndjson or .jsonl (one object per line).')
}

type OnRead = (step: Step) => void

const accounts = (number: number) => `${number.toLocaleString('en')} accounts`

async function* readArray(path: string, bytes: number, onRead: OnRead): AsyncGenerator<ImportLine> {
  if (bytes > signInLimits.importFileBytesMax) {
    const most = signInLimits.importFileBytesMax / 1_048_576
    throw new StartError(`A JSON array may have at most ${most} MB. Use an .ndjson file with one object per line.`)
  }
  const entries = parseJson(await readFile(path, 'utf8'))
  if (!Array.isArray(entries)) throw new StartError(`${path} is not a JSON array.`)
  for (const [index, value] of entries.entries()) {
    yield { source: `entry ${index + 1}`, value }
    onRead({ done: index + 1, total: entries.length, count: accounts(index + 1) })
  }
}

async function* readLines(path: string, bytes: number, onRead: OnRead): AsyncGenerator<ImportLine> {
  let number = 0
  let read = 0
  for await (const line of linesOf(createReadStream(path, 'utf8'))) {
    number += 1
    const length = Buffer.byteLength(line)
    const isTooLong = length > signInLimits.importLineBytesMax
    read += length + 1
    if (line.trim() !== '') yield { source: `line ${number}`, value: isTooLong ? undefined : parseJson(line) }
    onRead({ done: read, total: bytes, count: accounts(number) })
  }
}

/** Splits text into lines. A line that is too long is cut just above the limit. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(0, signInLimits.importLineBytesMax + 1)
    yield* lines
  }
  yield rest
}

/** Parses JSON; undefined when it is invalid. Drops the error message, which would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) ?? null
  } catch {
    return undefined
  }
}
