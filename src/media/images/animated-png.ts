// Keeps animated PNGs moving: libvips decodes only their first image. What is not needed to show them is left out, which
// removes metadata and everything that does not belong to a PNG. W3C PNG, third edition, sections 5 and 11.

import { crc32 } from 'node:zlib'

/** An animated PNG without metadata. */
export interface AnimatedPng extends Size {
  readonly bytes: Buffer
  readonly frames: number
}

interface Size {
  readonly width: number
  readonly height: number
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** The chunks of pixels, colours and frames. All others are dropped, such as text and Exif. */
const keptTypes: ReadonlySet<string> = new Set('IHDR PLTE tRNS gAMA cHRM sRGB sBIT acTL fcTL IDAT fdAT IEND'.split(' '))

/**
 * Copies what shows an animated PNG.
 *
 * Returns null for a PNG that does not move, or that is damaged.
 */
export function stripAnimatedPng(bytes: Buffer): AnimatedPng | null {
  if (!bytes.subarray(0, signature.length).equals(signature)) return null
  const kept: Buffer[] = [signature]
  let canvas: Size | null = null
  let frames = 0
  let announced = 0
  for (const { type, data, whole } of chunksOf(bytes)) {
    if (!keptTypes.has(type)) continue
    if (crc32(whole.subarray(4, -4)) !== whole.readUInt32BE(whole.length - 4)) return null
    if (type === 'IHDR' && data.length === 13) canvas = sizeAt(data, 0)
    if (type === 'acTL' && data.length === 8) announced = data.readUInt32BE(0)
    if (type === 'fcTL') {
      if (canvas === null || data.length !== 26 || !isInside(data, canvas)) return null
      frames += 1
    }
    kept.push(whole)
    if (type === 'IEND' && canvas && frames > 1 && frames === announced) {
      return { ...canvas, bytes: Buffer.concat(kept), frames }
    }
  }
  return null
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
  /** With its length, type and checksum. */
  readonly whole: Buffer
}

/** Reads the chunks up to the first that does not fit. */
function* chunksOf(bytes: Buffer): Generator<Chunk> {
  for (let at = signature.length; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) return
    const type = bytes.toString('latin1', at + 4, at + 8)
    yield { type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) }
    at = end
  }
}

const sizeAt = (data: Buffer, at: number): Size => ({ width: data.readUInt32BE(at), height: data.readUInt32BE(at + 4) })

/** Tells whether the frame of an fcTL chunk lies in the canvas. */
function isInside(data: Buffer, canvas: Size): boolean {
  const { width, height } = sizeAt(data, 4)
  const [left, top] = [data.readUInt32BE(12), data.readUInt32BE(16)]
  return width > 0 && height > 0 && left + width <= canvas.width && top + height <= canvas.height
}
