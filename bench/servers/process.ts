import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Question, ServerSettings, Usage } from './serve.ts'

/** A server that is measured, in a process of its own. */
export interface ServerProcess {
  readonly url: string
  /** The URL of its metrics; null where it serves none. */
  readonly metricsUrl: string | null
  /** Returns the resources that it has used since it began. */
  usage(options?: { afterCollection?: boolean }): Promise<Usage>
  /** Makes it close all its WebSockets. */
  drop(): Promise<void>
  stop(): Promise<void>
}

/** Where CPU profiles go, and of which server. */
export interface Profiling {
  readonly server: string
  readonly directory: string
}

/** Starts server processes: see `createStarter`. */
export type StartProcess = (file: string, settings: ServerSettings) => Promise<ServerProcess>

/** Makes the function that starts servers; the one that is profiled writes its profile when it stops. */
export function createStarter(profiling: Profiling | null): StartProcess {
  let profiles = 0
  return async (file, settings) => {
    const name = file.replace(/^.*\//, '').replace(/\.ts$/, '')
    // the size is that of `npm start`: every server that is compared has it
    const execArgv = ['--expose-gc', '--max-semi-space-size=32', '--disable-warning=MaxListenersExceededWarning']
    if (profiling?.server === name) {
      profiles += 1
      execArgv.push(
        '--cpu-prof',
        `--cpu-prof-dir=${profiling.directory}`,
        `--cpu-prof-name=${name}-${profiles}.cpuprofile`,
      )
    }
    return startProcess(join(import.meta.dirname, '..', file), { settings, execArgv })
  }
}

async function startProcess(
  file: string,
  { settings, execArgv }: { settings: ServerSettings; execArgv: string[] },
): Promise<ServerProcess> {
  const child = fork(file, [JSON.stringify(settings)], {
    execArgv,
    // biome-ignore lint/style/noProcessEnv: what this process was given, the child gets
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const exited = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => Promise.reject(new Error(`${file} ended with code ${code}`))),
    ])
    return message
  }
  const ask = (question: Question) => {
    const answered = answer()
    child.send(question)
    return answered
  }
  const { url, metricsUrl } = (await answer()) as Pick<ServerProcess, 'url' | 'metricsUrl'>
  return {
    url,
    metricsUrl,
    usage: async ({ afterCollection = false } = {}) =>
      (await ask(afterCollection ? 'usage after collection' : 'usage')) as Usage,
    async drop() {
      await ask('drop')
    },
    async stop() {
      child.send('quit')
      await exited
    },
  }
}
