import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql'
import { auditLimits } from '../config/audit.ts'
import { limits } from '../config/config.ts'
import { roomLimits } from '../config/rooms.ts'
import { invariant } from '../errors.ts'
import type { Context } from './context.ts'

/** Maximum bytes of a character in UTF-8. */
const bytesPerCharacter = 4

/** Bytes of a value of an unlisted field: a number, an id, a cursor, a short name, the braces of an object. */
const bytesOfOthers = 64

/**
 * Maximum bytes of texts by field.
 *
 * Other fields count as short: each String of the schema is either here or in the list of short ones in a test.
 */
export const textBytes: Readonly<Record<string, number>> = {
  'Message.body': limits.messageBytesMax,
  'MessageEdit.body': limits.messageBytesMax,
  'Room.name': bytesPerCharacter * limits.roomNameLengthMax,
  // names of some members, and how many more
  'Room.title': (bytesPerCharacter * limits.displayNameLengthMax + 2) * roomLimits.titleNamesMax + 16,
  'Category.description': bytesPerCharacter * roomLimits.categoryDescriptionLengthMax,
  'Room.description': bytesPerCharacter * limits.roomDescriptionLengthMax,
  'InvitePreview.name': bytesPerCharacter * limits.roomNameLengthMax,
  'InvitePreview.description': bytesPerCharacter * limits.roomDescriptionLengthMax,
  'User.displayName': bytesPerCharacter * limits.displayNameLengthMax,
  'User.bio': bytesPerCharacter * limits.bioLengthMax,
  'Ban.reason': bytesPerCharacter * limits.banReasonLengthMax,
  'Report.body': limits.messageBytesMax,
  'Report.reason': bytesPerCharacter * limits.reportReasonLengthMax,
  'OperatorUser.displayName': bytesPerCharacter * limits.displayNameLengthMax,
  'OperatorRoom.name': bytesPerCharacter * limits.roomNameLengthMax,
  'OperatorReport.body': limits.messageBytesMax,
  'OperatorReport.reason': bytesPerCharacter * limits.reportReasonLengthMax,
  'AuditEvent.detail': bytesPerCharacter * auditLimits.detailLengthMax,
  'Session.userAgent': bytesPerCharacter * limits.userAgentLengthMax,
  'Media.name': bytesPerCharacter * limits.mediaNameLengthMax,
  'Media.mimeType': limits.mimeTypeLengthMax,
  'Media.url': 1_024,
  'Media.thumbnailUrl': 1_024,
  'DataExport.url': 1_024,
  'CreateUploadPayload.uploadUrl': 2_048,
  'AuthPayload.accessToken': 1_024,
}

/** Maximum bytes of one value of a field in the response, with its name. */
export function bytesOfField({ name, alias }: FieldNode, parent: GraphQLNamedType | undefined): number {
  const value = textBytes[`${parent?.name}.${name.value}`] ?? bytesOfOthers
  return (alias ?? name).value.length + value
}

/** Longer texts are counted during the execution; shorter ones only in the finished response. */
const shortBytes = 1_024

/**
 * Lets the resolvers of long texts report their length to the context.
 *
 * So an operation is aborted before its response is too large.
 */
export function weighTexts(schema: GraphQLSchema): GraphQLSchema {
  for (const [name, bytes] of Object.entries(textBytes)) {
    const [typeName = '', fieldName = ''] = name.split('.')
    const type = schema.getType(typeName)
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined
    invariant(field, `the schema has ${name}`)
    if (bytes > shortBytes) weighField(field)
  }
  return schema
}

function weighField(field: GraphQLField<unknown, Context>): void {
  const { resolve = defaultFieldResolver } = field
  const weighed = (text: unknown, context: Context) => {
    if (typeof text === 'string') context.weigh(Buffer.byteLength(text))
    return text
  }
  field.resolve = (source, args, context, info) => {
    const text = resolve(source, args, context, info)
    return text instanceof Promise ? text.then((value) => weighed(value, context)) : weighed(text, context)
  }
}
