import { startNormalUsers } from '../normal-users.ts'
import type { World } from '../world.ts'
import { missingPlaces, type SocketPlaces } from './places.ts'
import { runFuzz } from './run.ts'
import { makeTarget } from './target.ts'

/** Fuzzes a server while normal users go on. Returns what was wrong. */
export async function fuzzWorld(
  world: Pick<World, 'normal'> & { readonly server: Pick<World['server'], 'url' | 'crash' | 'errors'> },
  options: { seed: number; ms: number; places: SocketPlaces; say(line: string): void },
): Promise<string[]> {
  const { server } = world
  let told = 0
  const complaint = () => {
    const crash = server.crash()
    if (crash !== null) return crash
    const news = server.errors().slice(told)
    told += news.length
    return news.length > 0 ? `the log has an error: ${news.join(' ').slice(0, 2_000)}` : null
  }
  const stopNormal = startNormalUsers({ url: server.url, normal: world.normal })
  const { played, faults } = await runFuzz(server.url, { ...options, complaint })
  const { failures, disturbances, followed } = await stopNormal()
  options.say(`${JSON.stringify(played)}, ${followed} messages followed meanwhile`)
  const missing = server.crash() === null ? await missingPlaces(await makeTarget(server.url), options.places) : null
  return [
    ...faults,
    ...Object.entries(failures).map(([what, times]) => `normal users were refused: ${what} (${times})`),
    ...(disturbances > 0 ? [`a normal stream was disturbed ${disturbances} times`] : []),
    ...(missing === null ? [] : [missing]),
  ]
}
