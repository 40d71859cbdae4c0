import { badInput } from '../errors.ts'
import { typeIdSuffix, uuidOfSuffix } from './type-id.ts'

/** The prefixes of ids, by type. */
export const idPrefixes = {
  User: 'user',
  Room: 'room',
  Message: 'msg',
  Media: 'media',
  Session: 'session',
  Category: 'cat',
  Region: 'region',
  Invite: 'invite',
  RoomInvitation: 'invitation',
  Report: 'report',
  DataExport: 'export',
  RoomVisit: 'visit',
  AuditEvent: 'audit',
} as const

/** A type with public ids. */
export type IdType = keyof typeof idPrefixes

const typeOfPrefix: ReadonlyMap<string, IdType> = new Map(
  Object.entries(idPrefixes).map(([type, prefix]) => [prefix, type as IdType]),
)

/** Formats the public id of a row. It is a TypeID of the type's prefix and the row's UUID, such as `room_01h…`. */
export function formatId(type: IdType, uuid: string): string {
  return `${idPrefixes[type]}_${typeIdSuffix(uuid)}`
}

/** The prefixes of the ids of rows whose key is two other rows. */
const pairPrefixes = { Membership: 'member', Ban: 'ban', Friendship: 'friendship' } as const

/**
 * Formats the public id of a row whose key is two others.
 *
 * Such as a room and a user. It is stable and unique, for caches. It says nothing more than the ids of the two, and `node` does not take it.
 */
export function formatPairId(type: keyof typeof pairPrefixes, one: string, other: string): string {
  return `${pairPrefixes[type]}_${typeIdSuffix(one)}${typeIdSuffix(other)}`
}

/**
 * Parses a public id.
 *
 * @param path the argument that held the id, for the error.
 * @returns the UUID of the row.
 * @throws AppError BAD_USER_INPUT when it is not an id of this type.
 */
export function parseId(type: IdType, id: string, path: string): string {
  const parsed = splitId(id)
  if (parsed?.type !== type) throw badInput(path, `is not an id of a ${type}, such as ${idPrefixes[type]}_…`)
  return parsed.uuid
}

/** The fields of an input that hold ids, or lists of them. */
type IdFields<Input> = { readonly [Field in keyof Input]?: IdType }

/**
 * Parses the public ids of an input. Fields may be absent or null.
 *
 * @param path the argument that holds the input, for the error; the input itself when omitted.
 * @returns the input, with the UUIDs of rows in place of the ids.
 * @throws AppError BAD_USER_INPUT for the first that is not an id of its type.
 */
export function parseIds<Input extends object>(input: Input, fields: IdFields<Input>, path?: string): Input {
  const parsed: Input = { ...input }
  for (const [field, type] of Object.entries<IdType | undefined>(fields)) {
    const value: unknown = Reflect.get(input, field)
    if (type) Reflect.set(parsed, field, parseValue(type, value, path ? `${path}.${field}` : field))
  }
  return parsed
}

function parseValue(type: IdType, value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => parseValue(type, item, `${path}.${index}`))
  return typeof value === 'string' ? parseId(type, value, path) : value
}

/** Parses a public id of any type; null when it is not one. */
export function splitId(id: string): { type: IdType; uuid: string } | null {
  const end = id.lastIndexOf('_')
  const type = typeOfPrefix.get(id.slice(0, Math.max(0, end)))
  const uuid = type ? uuidOfSuffix(id.slice(end + 1)) : null
  return type && uuid ? { type, uuid } : null
}
