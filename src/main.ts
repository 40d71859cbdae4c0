import { demoConfig, startDemo } from './cli/demo.ts'
import { type Config, ConfigError, readConfig } from './config/config.ts'
import { StartError } from './database/start-error.ts'
import { createStderrLog } from './logs/log.ts'
import { type KabarServer, type ServerOverrides, startServer } from './server.ts'
import { createProcessStop } from './stop.ts'

/** Starts a server with the settings of the environment, and stops it on SIGINT and SIGTERM. */
async function main(): Promise<void> {
  const { config, start } = readArguments(process.argv.slice(2))
  const { log, flush } = createStderrLog({ level: config.logLevel, isJson: config.production })
  process.on('uncaughtException', (error) => {
    // nothing is known of the state of the process any more
    log.fatal({ err: error }, 'an uncaught exception ends the server')
    flush()
    process.exit(1)
  })

  const { stop, isStopping } = createProcessStop({ log, flush, started: () => starting })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stop(0, signal))
  }
  const starting = start(config, {
    log,
    onFatal(error) {
      console.error(error.message)
      void stop(1, 'the embedded PostgreSQL has ended')
    },
  })
  const { server, hint } = await starting
  if (isStopping()) return
  if (config.passwordlessSignIn) {
    console.warn('PASSWORDLESS_SIGN_IN is on: ANYBODY can sign in to any account that has no password.')
  }
  console.log(welcome(server.url, config))
  console.log(hint)
}

/** Starts a server and prints what to try with it. */
type Start = (config: Config, overrides: ServerOverrides) => Promise<{ server: KabarServer; hint: string }>

const startPlain: Start = async (config, overrides) => ({
  server: await startServer(config, overrides),
  hint: '  `npm run demo` starts it with sample users, rooms and messages.\n',
})

function readArguments(args: readonly string[]): { config: Config; start: Start } {
  const [argument] = args
  if (argument === undefined) return { config: readConfig(), start: startPlain }
  if (argument === '--demo' && args.length === 1) return { config: demoConfig(readConfig()), start: startDemo }
  throw new StartError(
    `Unknown arguments: ${args.join(' ')}. The only one is --demo; settings are environment variables.`,
  )
}

function welcome(url: string, { graphiql, web }: Config): string {
  const lines = [
    '',
    '  Kabar is running. Stop it with Ctrl-C.',
    '',
    ...(web ? [`  Open ${url.replace('127.0.0.1', 'localhost')}`, ''] : []),
    `  GraphQL    ${url}/graphql    (HTTP, SSE and WebSocket)`,
    ...(graphiql ? [`  GraphiQL   ${url}/graphql    in a browser: run the tabs from left to right`] : []),
    `  Health     ${url}/healthz  ${url}/readyz`,
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
