import * as crypto from 'node:crypto'
import { v7 } from 'uuid'

const native: unknown = 'randomUUIDv7' in crypto ? crypto.randomUUIDv7 : null

/** Makes a UUIDv7. Node.js 26 can, and asks for random bytes in bulk. */
export const newUuid: () => string = typeof native === 'function' ? () => String(native()) : () => v7()
