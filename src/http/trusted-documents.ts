// Trusted documents are known before a client sends them: it names them by their ids, on every transport, and they are ready
// from the start. A client cannot register one: automatic persisted queries are refused in requests.ts, with an answer after
// which their clients send the text. Where TRUSTED_DOCUMENTS=only, other texts are refused by `assertTrusted`.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type DocumentConfig, documentLimits } from '../config/documents.ts'
import { StartError } from '../database/start-error.ts'
import { AppError, badInput } from '../errors.ts'

/** The trusted documents of one server. */
export interface TrustedDocuments {
  /** The text of a document; null for an unknown id. */
  textOf(id: string): string | null
  readonly texts: ReadonlySet<string>
  /** Those whose parsed form stays in memory, the web client's first: up to `pinnedTextMax` characters. */
  readonly pinned: ReadonlySet<string>
}

/** The id of a document in `documents.json`: a hash of its text. */
export function documentIdOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const manifest = z.record(z.string().min(1), z.string().min(1))

/** Where the documents of the web client and of kabar-client are. */
const ownFile = new URL('../../documents.json', import.meta.url)

/**
 * Reads the trusted documents.
 *
 * A document of the file has the id of the file. Those with a hash without `sha256:` are found with it, too.
 *
 * @throws StartError when a file cannot be read, or is too large.
 */
export async function readTrustedDocuments({ file }: DocumentConfig): Promise<TrustedDocuments> {
  const byId = new Map<string, string>()
  for (const path of [ownFile, ...(file === null ? [] : [file])]) {
    for (const [id, text] of Object.entries(await readManifest(path))) {
      byId.set(id, text)
      if (/^[0-9a-f]{64}$/.test(id)) byId.set(`sha256:${id}`, text)
    }
  }
  const texts = new Set(byId.values())
  return { textOf: (id) => byId.get(id) ?? null, texts, pinned: firstOf(texts, documentLimits.pinnedTextMax) }
}

/** Takes texts until they have more characters. */
function firstOf(texts: ReadonlySet<string>, charactersMax: number): ReadonlySet<string> {
  let characters = 0
  return new Set(
    [...texts].filter((text) => {
      characters += text.length
      return characters <= charactersMax
    }),
  )
}

async function readManifest(path: URL | string): Promise<Record<string, string>> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > documentLimits.textMax) throw new Error(`it has more than ${documentLimits.textMax} characters`)
    const documents = manifest.parse(JSON.parse(text))
    const count = Object.keys(documents).length
    if (count > documentLimits.countMax) throw new Error(`it has more than ${documentLimits.countMax} documents`)
    return documents
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is not an object of ids and texts' : String(cause)
    throw new StartError(`The trusted documents of ${path} cannot be used: ${why}.`, { cause })
  }
}

/**
 * Puts the text of `documentId` into the parameters of an operation. A text wins over an id.
 *
 * @throws AppError BAD_USER_INPUT for an unknown id.
 */
export function withText<Params extends object>(documents: TrustedDocuments, params: Params): Params {
  const { documentId, ...rest } = params as { documentId?: unknown; query?: unknown }
  if (documentId === undefined) return params
  if (rest.query !== undefined) return rest as Params
  const text = typeof documentId === 'string' ? documents.textOf(documentId) : null
  if (text === null) throw unknownDocument()
  return { ...rest, query: text } as Params
}

/** Creates the error of an id that is not one of a trusted document. */
export function unknownDocument(): AppError {
  return badInput('documentId', 'is not the id of a trusted document')
}

/**
 * Refuses a document that is not trusted.
 *
 * @throws AppError FORBIDDEN
 */
export function assertTrusted({ texts }: Pick<TrustedDocuments, 'texts'>, text: string): void {
  if (texts.has(text)) return
  throw new AppError('FORBIDDEN', 'This server runs only trusted documents, and this is not one of them.')
}
