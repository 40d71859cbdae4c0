// Decides which file types may be uploaded. The type is detected from the content, never from the declaration of the client.

import { open } from 'node:fs/promises'
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type'
import { mediaLimits } from '../config/media.ts'
import { AppError } from '../errors.ts'
import type { MediaKind } from '../generated/prisma/client.ts'

/** The kind of each declared type that clients show or play. All others are opaque files. */
const shownTypes: Readonly<Record<string, MediaKind>> = {
  'image/jpeg': 'IMAGE',
  'image/jpg': 'IMAGE',
  'image/png': 'IMAGE',
  'image/webp': 'IMAGE',
  'image/gif': 'IMAGE',
  'image/avif': 'IMAGE',
  'video/mp4': 'VIDEO',
  'video/webm': 'VIDEO',
  'audio/mpeg': 'AUDIO',
  'audio/mp3': 'AUDIO',
  'audio/ogg': 'AUDIO',
  'audio/mp4': 'AUDIO',
  'audio/m4a': 'AUDIO',
  'audio/x-m4a': 'AUDIO',
  'audio/wav': 'AUDIO',
  'audio/wave': 'AUDIO',
  'audio/x-wav': 'AUDIO',
  'audio/webm': 'AUDIO',
}

/** The type to serve for each detected type, by kind. Containers may hold only audio. */
const foundTypes: Readonly<Record<string, Partial<Record<MediaKind, string>>>> = {
  'image/jpeg': { IMAGE: 'image/jpeg' },
  'image/png': { IMAGE: 'image/png' },
  'image/apng': { IMAGE: 'image/png' },
  'image/webp': { IMAGE: 'image/webp' },
  'image/gif': { IMAGE: 'image/gif' },
  'image/avif': { IMAGE: 'image/avif' },
  'video/mp4': { VIDEO: 'video/mp4', AUDIO: 'audio/mp4' },
  'video/x-m4v': { VIDEO: 'video/mp4', AUDIO: 'audio/mp4' },
  'audio/mp4': { AUDIO: 'audio/mp4' },
  'audio/x-m4a': { AUDIO: 'audio/mp4' },
  'video/webm': { VIDEO: 'video/webm', AUDIO: 'audio/webm' },
  'audio/mpeg': { AUDIO: 'audio/mpeg' },
  'audio/ogg': { AUDIO: 'audio/ogg' },
  'audio/wav': { AUDIO: 'audio/wav' },
}

/** Types that a browser would execute if they were served as declared. */
const activeTypes = /^(?:text\/html|.+\/(?:.+\+)?xml|.+\/(?:x-)?(?:java|ecma)script)$/

/**
 * Returns the kind of a declared type.
 *
 * @throws AppError UNSUPPORTED_MEDIA for images, video and audio that are not on the list, and for types that browsers
 * execute.
 */
export function kindOfType(mimeType: string): MediaKind {
  const kind = Object.hasOwn(shownTypes, mimeType) ? shownTypes[mimeType] : undefined
  if (kind) return kind
  if (/^(?:image|video|audio)\//.test(mimeType) || activeTypes.test(mimeType)) {
    throw unsupported(`Files of type ${mimeType} are not allowed.`)
  }
  return 'FILE'
}

/**
 * Detects the type of a file from its content.
 *
 * @returns the detected type; for opaque files the declared one when detection finds nothing.
 * @throws AppError UNSUPPORTED_MEDIA when the content is of another kind than declared, or a document that browsers execute.
 */
export async function findType(path: string, { kind, mimeType }: { kind: MediaKind; mimeType: string }) {
  const head = await readHead(path)
  if (kind === 'FILE') {
    if (beginsWithMarkup(head)) throw unsupported('HTML, SVG and XML are not allowed.')
    const found = await fileTypeFromBuffer(head).catch(() => undefined)
    // a BMP is detected by two letters, and a text may begin with them as well
    const type = baseType(found && found.mime !== 'image/bmp' ? found.mime : mimeType)
    assertNoPicture(type)
    return type
  }
  const found = await fileTypeFromFile(path).catch(() => undefined)
  const type = found && foundTypes[baseType(found.mime)]?.[kind]
  if (!type) throw unsupported(`The content of the file does not match the declared type ${mimeType}.`)
  // images are re-encoded, which removes any other content
  if (kind !== 'IMAGE' && holdsMarkup(head)) throw unsupported('The file is also a document that browsers execute.')
  return type
}

/** Refuses images declared as other files: stored unchanged, they would keep metadata such as the location. */
function assertNoPicture(type: string): void {
  if (!type.startsWith('image/')) return
  const declarable = foundTypes[type]?.IMAGE
  throw unsupported(
    declarable ? `The file is an image. Declare it as ${declarable}.` : `Files of type ${type} are not allowed.`,
  )
}

/** Removes the parameters of a type, such as `;codecs=opus`. */
export function baseType(mimeType: string): string {
  return (mimeType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** Creates an UNSUPPORTED_MEDIA error. */
export function unsupported(message: string, cause?: unknown): AppError {
  return new AppError('UNSUPPORTED_MEDIA', message, { cause })
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mediaLimits.headBytes), 0, mediaLimits.headBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Whether a file begins with a tag, comment or declaration, in UTF-8 or UTF-16, as browsers detect HTML. */
function beginsWithMarkup(head: Buffer): boolean {
  return /^[\uFEFF\s\0]*<[\0]?[a-z!?/]/i.test(
    head.toString('latin1').replace(/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, ''),
  )
}

function holdsMarkup(head: Buffer): boolean {
  return /<(?:script|html|svg|iframe|!doctype)/i.test(head.toString('latin1').replaceAll('\0', ''))
}
