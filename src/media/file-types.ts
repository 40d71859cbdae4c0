// What may be uploaded. A type is what the bytes say, never what their sender says of them.

import { open } from 'node:fs/promises'
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type'
import { mediaLimits } from '../config/media.ts'
import { AppError } from '../errors.ts'
import type { MediaKind } from '../generated/prisma/client.ts'

/** Types that are shown or played, by what may be declared, with their kind. All others are opaque files. */
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

/** What the bytes are found to be, and as what they are served; containers can hold sound alone. */
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

/** Types that a browser would run, were they ever served under their names. */
const activeTypes = /^(?:text\/html|.+\/(?:.+\+)?xml|.+\/(?:x-)?(?:java|ecma)script)$/

/**
 * Says of what kind a declared type is.
 *
 * @throws AppError UNSUPPORTED_MEDIA for pictures, films and sound that are not on the list, and for what browsers run.
 */
export function kindOfType(mimeType: string): MediaKind {
  const kind = Object.hasOwn(shownTypes, mimeType) ? shownTypes[mimeType] : undefined
  if (kind) return kind
  if (/^(?:image|video|audio)\//.test(mimeType) || activeTypes.test(mimeType)) {
    throw unsupported(`Files of the type ${mimeType} are not allowed.`)
  }
  return 'FILE'
}

/**
 * Finds the type of a file by its bytes.
 *
 * @returns the type under which it is known: for opaque files the declared one where the bytes do not tell.
 * @throws AppError UNSUPPORTED_MEDIA where the bytes are of another kind than declared, or a document that browsers run.
 */
export async function findType(path: string, { kind, mimeType }: { kind: MediaKind; mimeType: string }) {
  const head = await readHead(path)
  if (kind === 'FILE') {
    if (beginsWithMarkup(head)) throw unsupported('HTML, SVG and XML are not allowed.')
    const found = await fileTypeFromBuffer(head).catch(() => undefined)
    // two letters make a BMP, with which a text may begin as well
    const type = baseType(found && found.mime !== 'image/bmp' ? found.mime : mimeType)
    assertNoPicture(type)
    return type
  }
  const found = await fileTypeFromFile(path).catch(() => undefined)
  const type = found && foundTypes[baseType(found.mime)]?.[kind]
  if (!type) throw unsupported(`The bytes are not of the kind that was declared, ${mimeType}.`)
  // pictures are made anew, which leaves nothing of what else their bytes may be
  if (kind !== 'IMAGE' && holdsMarkup(head)) throw unsupported('The file is also a document of a browser.')
  return type
}

/** A picture that is stored as it is would keep what it tells besides, such as where it was taken. */
function assertNoPicture(type: string): void {
  if (!type.startsWith('image/')) return
  const declarable = foundTypes[type]?.IMAGE
  throw unsupported(
    declarable ? `The bytes are a picture. Declare it as ${declarable}.` : `Files of the type ${type} are not allowed.`,
  )
}

/** Takes the parameters off a type, such as `;codecs=opus`. */
export function baseType(mimeType: string): string {
  return (mimeType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** The UNSUPPORTED_MEDIA error. */
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

/** Whether the first thing is a tag, a comment or a declaration, in UTF-8 or UTF-16: as browsers guess at HTML. */
function beginsWithMarkup(head: Buffer): boolean {
  return /^[\uFEFF\s\0]*<[\0]?[a-z!?/]/i.test(
    head.toString('latin1').replace(/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, ''),
  )
}

function holdsMarkup(head: Buffer): boolean {
  return /<(?:script|html|svg|iframe|!doctype)/i.test(head.toString('latin1').replaceAll('\0', ''))
}
