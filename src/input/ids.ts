import { fromString, fromUUID, toUUID } from 'typeid-js'
import { badInput } from '../errors.ts'

/** The prefixes of ids, by the type that they name. */
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
} as const

/** A type that has ids. */
export type IdType = keyof typeof idPrefixes

/** Writes the id that clients see. A TypeID, made of the type's prefix and the UUID of the row. */
export function formatId(type: IdType, uuid: string): string {
  return fromUUID(uuid, idPrefixes[type])
}

/**
 * Reads the id of an argument.
 *
 * @param path the argument, for the error.
 * @returns the UUID of the row.
 * @throws AppError BAD_USER_INPUT when it is not an id of this type.
 */
export function parseId(type: IdType, id: string, path: string): string {
  const parsed = splitId(id)
  if (parsed?.type !== type) throw badInput(path, `is not an id of a ${type}, such as ${idPrefixes[type]}_…`)
  return parsed.uuid
}

/** Reads an id of any type; null when it is not one. */
export function splitId(id: string): { type: IdType; uuid: string } | null {
  for (const type of Object.keys(idPrefixes) as IdType[]) {
    if (!id.startsWith(`${idPrefixes[type]}_`)) continue
    try {
      return { type, uuid: toUUID(fromString(id, idPrefixes[type])) }
    } catch {
      return null
    }
  }
  return null
}
