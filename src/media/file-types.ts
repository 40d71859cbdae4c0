// Decides which files are shown, and which are only downloaded, by their kind. The type is detected from the content: files
// whose content is not on the list are of the kind FILE. `presentationOf` in http/files.ts sends the headers for it.

import { open } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'
import { mediaLimits } from '../config/media.ts'
import { AppError } from '../errors.ts'
import type { Media, MediaKind } from '../generated/prisma/client.ts'

/** The kind of each declared type that clients show or play. All others are opaque files. */
const shownTypes: Readonly<Record<string, MediaKind>> = {
  'image/jpeg': 'IMAGE',
  'image/jpg': 'IMAGE',
  'image/png': 'IMAGE',
  'image/webp': 'IMAGE',
  'image/gif': 'IMAGE',
  'image/avif': 'IMAGE',
  'video/mp4': 'VIDEO',
  'video/x-m4v': 'VIDEO',
  'video/webm': 'VIDEO',
  'audio/mpeg': 'AUDIO',
  'audio/mp3': 'AUDIO',
  'audio/mpeg3': 'AUDIO',
  'audio/x-mp3': 'AUDIO',
  'audio/ogg': 'AUDIO',
  'audio/vorbis': 'AUDIO',
  'application/ogg': 'AUDIO',
  'audio/mp4': 'AUDIO',
  'audio/m4a': 'AUDIO',
  'audio/x-m4a': 'AUDIO',
  'audio/wav': 'AUDIO',
  'audio/wave': 'AUDIO',
  'audio/x-wav': 'AUDIO',
  'audio/x-pn-wav': 'AUDIO',
  'audio/webm': 'AUDIO',
  'audio/opus': 'AUDIO',
  'audio/vnd.wave': 'AUDIO',
  'audio/aac': 'AUDIO',
  'audio/aacp': 'AUDIO',
  'audio/x-aac': 'AUDIO',
  'audio/flac': 'AUDIO',
  'audio/x-flac': 'AUDIO',
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
  'audio/aac': { AUDIO: 'audio/aac' },
  'audio/flac': { AUDIO: 'audio/flac' },
}

/** Returns the kind of a declared type. */
export function kindOfType(mimeType: string): MediaKind {
  return (Object.hasOwn(shownTypes, mimeType) && shownTypes[mimeType]) || 'FILE'
}

/** The kind and type of a file. */
export type FoundType = Pick<Media, 'kind' | 'mimeType'>

/**
 * Detects the kind and type of a file from its content.
 *
 * Images that can be re-encoded are images, whatever they are declared as: stored unchanged, they would keep metadata such
 * as the location. Video and audio must be declared as such. Everything else is an opaque FILE, with the detected type or,
 * when detection finds nothing, the declared one.
 */
export async function findType(path: string, declared: FoundType): Promise<FoundType> {
  const found = await fileTypeFromFile(path).catch(() => undefined)
  const type = found && baseType(found.mime)
  const served = (type !== undefined && foundTypes[type]) || {}
  if (served.IMAGE) return { kind: 'IMAGE', mimeType: served.IMAGE }
  const mimeType = served[declared.kind]
  // a polyglot is also a document that browsers execute
  if (mimeType && !(await holdsMarkup(path))) return { kind: declared.kind, mimeType }
  // a BMP is detected by two letters, and a text may begin with them as well
  const detected = type === 'image/bmp' ? undefined : type
  return { kind: 'FILE', mimeType: detected ?? (declared.kind === 'FILE' ? declared.mimeType : opaqueType) }
}

/** The type of a file of which nothing is known. Also of one that is nothing of what it was declared as. */
export const opaqueType = 'application/octet-stream'

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

async function holdsMarkup(path: string): Promise<boolean> {
  const head = await readHead(path)
  return /<(?:script|html|svg|iframe|!doctype)/i.test(head.toString('latin1').replaceAll('\0', ''))
}
