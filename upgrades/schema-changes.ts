// Compares the API with that of the last release, and says what clients of it would notice.

import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema, parse, validate } from 'graphql'
import { readAt } from './releases.ts'

/** A state of the API, as a revision has it. */
export interface ApiState {
  /** The text of schema.graphql. */
  readonly schema: string
  /** The text of documents.json: the operations of the web client and of kabar-client. */
  readonly documents: string
}

/** Differences between two states of the API. */
export interface ApiChanges {
  /** Breaking changes that CHANGELOG.md does not name, such as `Room.name: …`. */
  readonly unnamed: readonly string[]
  /** Breaking changes that it names. */
  readonly named: readonly string[]
  /** Changes that may surprise a client, such as a new value of an enum. */
  readonly dangerous: readonly string[]
  /** Operations of the older clients that this server refuses, with the reason. */
  readonly refused: readonly string[]
}

/** Reads the state of a revision. */
export function apiAt(revision: string): ApiState {
  return { schema: readAt(revision, 'schema.graphql'), documents: readAt(revision, 'documents.json') }
}

/**
 * Compares two states of the API.
 *
 * A breaking change is named by its type and field, such as `Room.name`, anywhere in `notes`.
 */
export async function compareApi({
  before,
  after,
  notes,
}: {
  before: ApiState
  after: Pick<ApiState, 'schema'>
  notes: string
}): Promise<ApiChanges> {
  const next = buildSchema(after.schema)
  const changes = await diff(buildSchema(before.schema), next)
  const ofLevel = (level: CriticalityLevel) => changes.filter(({ criticality }) => criticality.level === level)
  const lines = (found: typeof changes) => found.map(({ path, message }) => `${path ?? 'schema'}: ${message}`)
  const breaking = Map.groupBy(ofLevel(CriticalityLevel.Breaking), ({ path }) => isNamed(path ?? '', notes))
  return {
    unnamed: lines(breaking.get(false) ?? []),
    named: lines(breaking.get(true) ?? []),
    dangerous: lines(ofLevel(CriticalityLevel.Dangerous)),
    refused: Object.values(JSON.parse(before.documents) as Record<string, string>).flatMap((text) =>
      validate(next, parse(text)).map(({ message }) => `${text.slice(0, 60).replaceAll(/\s+/g, ' ')}…: ${message}`),
    ),
  }
}

/** Tells whether notes name a type, field or value. Arguments are told of by their field. */
function isNamed(path: string, notes: string): boolean {
  const name = path.split('.').slice(0, 2).join('.')
  return new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?!\\w)`).test(notes)
}

/** Returns the part of a changelog that is newer than a release, such as `v0.2.0`; the first version for other revisions. */
export function notesSince(changelog: string, release: string): string {
  const [, ...sections] = changelog.split(/^(?=## )/m)
  const last = sections.findIndex((section) => section.split(/\s/)[1] === release.replace(/^v/, ''))
  return sections.slice(0, last < 0 ? 1 : last).join('')
}
