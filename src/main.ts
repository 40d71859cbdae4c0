import { ConfigError, readConfig } from './config.ts'
import { StartError } from './database/start-error.ts'
import { type KabarServer, startServer } from './server.ts'

/** A stop that takes longer than this is cut off. */
const stopMs = 20_000

/** Starts a server with the settings of the environment, and stops it on SIGINT and SIGTERM. */
async function main(): Promise<void> {
  const config = readConfig()
  let server: KabarServer | null = null
  let stopping = false

  const stop = async (exitCode: number) => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), stopMs).unref()
    await server?.close()
    process.exit(exitCode)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stop(0))
  }
  server = await startServer(config, {
    onFatal(error) {
      console.error(error.message)
      void stop(1)
    },
  })
  if (stopping) {
    await server.close()
    process.exit(0)
  }
  if (config.passwordlessSignIn) {
    console.warn('PASSWORDLESS_SIGN_IN is on: ANYBODY can sign in to any account that has no password.')
  }
  console.log(welcome(server.url, config.graphiql))
}

function welcome(url: string, graphiql: boolean): string {
  const lines = [
    '',
    '  Kabar is running.',
    '',
    `  GraphQL    ${url}/graphql    (HTTP, SSE and WebSocket)`,
    ...(graphiql ? [`  GraphiQL   ${url}/graphql    in a browser: run the tabs from left to right`] : []),
    `  Health     ${url}/healthz  ${url}/readyz`,
    '',
    '  Stop it with Ctrl-C. `npm run demo` starts it with users, rooms and messages to look at.',
    '',
  ]
  return lines.join('\n')
}

try {
  await main()
} catch (error) {
  if (error instanceof ConfigError || error instanceof StartError) console.error(error.message)
  else console.error(error)
  process.exit(1)
}
