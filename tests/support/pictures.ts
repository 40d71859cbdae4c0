import { crc32 } from 'node:zlib'

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** A chunk of a PNG. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.byteLength, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

/** A PNG of chunks. */
export const png = (...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([signature, ...chunks, chunk('IEND', Buffer.alloc(0))])

interface Animation {
  /** A text that nothing needs. */
  text?: string
  /** Where frames begin, beyond the left edge. */
  left?: number
  /** How many frames it says that it has. */
  announced?: number
}

/** An animated PNG of the pixels of others, which have one size and kind. */
export function animatedPng(
  frames: readonly Buffer[],
  { text, left = 0, announced = frames.length }: Animation = {},
): Buffer {
  let sequence = 0
  const parts = frames.map((frame, index) => {
    const control = Buffer.alloc(26)
    control.writeUInt32BE(sequence++, 0)
    control.writeUInt32BE(frame.readUInt32BE(16), 4)
    control.writeUInt32BE(frame.readUInt32BE(20), 8)
    control.writeUInt32BE(left, 12)
    control.writeUInt16BE(100, 20)
    control.writeUInt16BE(1_000, 22)
    const pixels = pixelsOf(frame)
    if (index === 0) return [chunk('fcTL', control), chunk('IDAT', pixels)]
    const number = Buffer.alloc(4)
    number.writeUInt32BE(sequence++, 0)
    return [chunk('fcTL', control), chunk('fdAT', Buffer.concat([number, pixels]))]
  })
  const count = Buffer.alloc(8)
  count.writeUInt32BE(announced, 0)
  const more = text === undefined ? [] : [chunk('tEXt', Buffer.from(`Comment\0${text}`))]
  return png(
    chunk('IHDR', frames[0]?.subarray(16, 29) ?? Buffer.alloc(0)),
    ...more,
    chunk('acTL', count),
    ...parts.flat(),
  )
}

/** The compressed pixels of a PNG. */
function pixelsOf(bytes: Buffer): Buffer {
  const found: Buffer[] = []
  for (let at = signature.length; at < bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') found.push(bytes.subarray(at + 8, end - 4))
    at = end
  }
  return Buffer.concat(found)
}
