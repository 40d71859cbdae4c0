import * as crypto from 'node:crypto'
import { v7 } from 'uuid'

const native: unknown = 'randomUUIDv7' in crypto ? crypto.randomUUIDv7 : null

/** Creates a UUIDv7. Node.js 26 has it built in, with buffered random bytes. */
export const newUuid: () => string = typeof native === 'function' ? () => String(native()) : () => v7()
