import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { variables } from '../config/variables.ts'
import { type GraphiqlContent, graphiqlTabs } from '../http/graphiql-tabs.ts'
import { type KabarServer, type ServerOverrides, startServer } from '../server.ts'
import { assertDemoAllowed, describeWorld, seedWorld } from './demo-seed.ts'
import { demoGraphiql } from './demo-tabs.ts'

/** Token lifetime of one day: GraphiQL keeps its tabs, with the token, in the browser. */
const accessTokenSeconds = 86_400

/**
 * Uses a separate data folder for the demo, unless one is set.
 *
 * @throws StartError in production.
 */
export function demoConfig(config: Config): Config {
  assertDemoAllowed(config)
  const isDefault = config.dataDirectory === variables.KABAR_DATA.default
  const dataDirectory = isDefault ? join(config.dataDirectory, 'demo') : config.dataDirectory
  return { ...config, dataDirectory, accessTokenSeconds }
}

/** Starts a server with the demo data, and GraphiQL tabs ready to run. */
export async function startDemo(
  config: Config,
  overrides: ServerOverrides = {},
): Promise<{ server: KabarServer; hint: string }> {
  let graphiql: GraphiqlContent = { tabs: graphiqlTabs }
  const server = await startServer(config, { ...overrides, graphiql: () => graphiql })
  try {
    const world = await seedWorld(server.parts)
    graphiql = demoGraphiql(world)
    return { server, hint: describeWorld(world) }
  } catch (error) {
    await server.close()
    throw error
  }
}
