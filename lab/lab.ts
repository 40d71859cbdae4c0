import { join } from 'node:path'
import { startKabar } from '../client/src/testing/index.ts'
import { variables } from '../src/config/variables.ts'
import { openFront } from './front.ts'

/** A lab: a server with a database of its own, and the page that disturbs it. */
export interface Lab {
  readonly url: string
  close(): Promise<void>
}

/** Settings of its server. Those of another one are not taken over: its buckets and buses are none of the lab's. */
const settings = {
  ...Object.fromEntries(Object.keys(variables).map((name) => [name, ''])),
  // without system messages: users have sent everything in the room
  ...{ LAB: 'true', WEB: 'true', LOG_LEVEL: 'warn', SYSTEM_MESSAGES: 'false' },
}

/** Starts a lab. Its server has a new database in a temporary folder, so that no fault can reach another one. */
export async function startLab({ port }: { port: number }): Promise<Lab> {
  const cwd = join(import.meta.dirname, '..')
  const server = await startKabar({ command: [process.execPath, 'src/main.ts'], cwd, env: settings })
  try {
    const front = await openFront({ port, server })
    return {
      url: front.url,
      async close() {
        await front.close()
        await server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}
