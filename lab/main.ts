// `npm run lab`: two users beside each other in one room, and buttons that disturb them and their server.

import { readConfig } from '../src/config/config.ts'
import { startLab } from './lab.ts'

/** The default port: not 4000, so that a server can run at the same time. */
const portDefault = '4001'

async function main(): Promise<void> {
  // refuses production
  const { port } = readConfig({ PORT: portDefault, ...process.env, LAB: 'true' })
  const starting = startLab({ port })
  const stop = async () => {
    const lab = await starting.catch(() => null)
    await lab?.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop())
  const { url } = await starting
  console.log(`\n  The lab is open. Close it with Ctrl-C: its database goes with it.\n\n  Open ${url}\n`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
