// A page that keeps what it sends, for a test that kills it.

import { createKabar } from '../../src/kabar.ts'
import { indexedDb } from '../../src/persistence/indexed-db.ts'

const [, url = ''] = location.hash.split('#')
const kabar = createKabar({ url, persistence: indexedDb() })
Object.assign(globalThis, {
  kabar,
  /** Sends messages without waiting, a moment apart. Resolves when they are in the outbox. */
  async sendAll(roomId: string, bodies: string[]) {
    for (const body of bodies) {
      kabar
        .room(roomId)
        .send({ body })
        .catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  },
})
