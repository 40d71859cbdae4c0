// A client whose clock is wrong: it signs in, asks some things, and tells how often it had to refresh.

import { parentPort, workerData } from 'node:worker_threads'
import { createKabar } from '../../src/kabar.ts'
import { memorySession } from '../../src/session/storage.ts'

const { url, minutes } = workerData as { url: string; minutes: number }
const now = Date.now
Date.now = () => now() + minutes * 60_000

let refreshes = 0
const kabar = createKabar({
  url,
  sessionStorage: memorySession(),
  fetch(input, init) {
    if (JSON.stringify(init?.body).includes('refreshSession')) refreshes += 1
    return fetch(input, init)
  },
})
await kabar.session.signInAsGuest({ displayName: 'Ada' })
let queries = 0
while (queries < 3) {
  await kabar.query('{ viewer { user { id } } }')
  queries += 1
}
parentPort?.postMessage({ refreshes, queries, status: kabar.session.getSnapshot().status })
await kabar.close()
