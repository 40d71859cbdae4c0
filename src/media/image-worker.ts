// Decodes images in a process of its own. libvips cannot be stopped: ending a thread waits for it, ending a process does not.

import { type ChildProcess, fork } from 'node:child_process'

/** Where an image comes from and where it goes. */
export interface ImagePaths {
  readonly source: string
  readonly file: string
  readonly thumbnail: string
}

/** An image that was made from the pixels of another. */
export interface MadeImage {
  readonly mimeType: string
  readonly bytes: number
  /** Pixels, after turning it upright; of one frame. */
  readonly width: number
  readonly height: number
}

/** Bounds of one image. */
export interface ImageBounds {
  /** Pixels over all frames. */
  readonly pixelsMax: number
  /** The same for formats that are decoded as a whole. */
  readonly wholePixelsMax: number
  readonly framesMax: number
  /** Memory of the process that decodes it. */
  readonly memoryBytesMax: number
  /** The time that it may take. */
  readonly ms: number
}

/** An image to be made from another. */
export interface ImageJob {
  readonly paths: ImagePaths
  readonly bounds: ImageBounds
  readonly thumbnailSizeMax: number
}

/** Why an image was not made. */
export type ImageFault =
  | { readonly fault: 'pixels' | 'frames'; readonly found: number; readonly most: number }
  | { readonly fault: 'memory' | 'time'; readonly most: number }
  | { readonly fault: 'format'; readonly format: string }
  /** It is cut off, or is not an image. */
  | { readonly fault: 'broken'; readonly reason: string }
  /** The process has ended, for example because the machine has no memory left. */
  | { readonly fault: 'ended'; readonly reason: string }

/** How an image went. */
export interface ImageOutcome {
  readonly outcome: MadeImage | ImageFault
  /** What the process holds after it; null when it is to be ended. */
  readonly memoryBytes: number | null
}

/** What the process tells: that it can begin, and how an image went. */
export type DecoderReport = 'ready' | ImageOutcome

/** A process that decodes one image at a time: see `createImageWorker`. */
export interface ImageWorker {
  run(job: ImageJob): Promise<MadeImage | ImageFault>
  /** Ends the process, whatever it is doing. */
  close(): void
}

/** When a process is given up beside an image. */
export interface WorkerLife {
  /** It can begin within this. */
  readonly startMs: number
  /** It is ended when it has had nothing to do for so long. */
  readonly idleMs: number
  /** It is ended when it holds more memory than this after an image. */
  readonly keptBytesMax: number
}

const program = new URL('./image-decoder.ts', import.meta.url)

/** Makes a worker. Its process is started by the first image, and again by the next one after it was ended. */
export function createImageWorker({ startMs, idleMs, keptBytesMax }: WorkerLife): ImageWorker {
  let child: ChildProcess | null = null
  let idle: NodeJS.Timeout | undefined

  const close = () => {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = null
  }
  const start = async () => {
    const begun = launch()
    child = begun
    const report = await nextReport(begun, startMs)
    return report === 'ready' ? begun : null
  }

  async function ask(job: ImageJob): Promise<ImageOutcome> {
    const { ms } = job.bounds
    const worker = child?.connected ? child : await start()
    if (!worker) return failed({ fault: 'ended', reason: 'the process did not start' })
    const next = nextReport(worker, ms)
    // one that has ended meanwhile is reported as that
    worker.send(job, () => {})
    const report = await next
    if (report === 'ready') return failed({ fault: 'ended', reason: 'the process began twice' })
    return 'ended' in report ? failed(report.ended) : report
  }

  return {
    async run(job) {
      clearTimeout(idle)
      const { outcome, memoryBytes } = await ask(job)
      // it may still be at work, or hold what it took
      if (memoryBytes === null || memoryBytes > keptBytesMax) close()
      else idle = setTimeout(close, idleMs).unref()
      return outcome
    },
    close,
  }
}

const failed = (outcome: ImageFault): ImageOutcome => ({ outcome, memoryBytes: null })

/** A bare environment: it is to have no secrets. One arena keeps the C library from holding on to freed memory. */
function launch(): ChildProcess {
  // biome-ignore lint/style/noProcessEnv: Windows starts no program without the variables of its own
  const env = process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot ?? '' } : { MALLOC_ARENA_MAX: '1' }
  const child = fork(program, {
    env,
    execArgv: ['--max-old-space-size=64'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', () => {}) // it also exits
  // what waits for an image keeps the server alive by itself
  child.unref()
  child.channel?.unref()
  return child
}

/** The next that a process tells; or why it tells nothing: it takes too long, or has ended. */
function nextReport(child: ChildProcess, ms: number): Promise<DecoderReport | { ended: ImageFault }> {
  return new Promise((resolve) => {
    const settle = (report: DecoderReport | { ended: ImageFault }) => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      resolve(report)
    }
    const onMessage = (message: unknown) => settle(message as DecoderReport)
    const onExit = (code: number | null, signal: string | null) =>
      settle({ ended: { fault: 'ended', reason: `it ended with ${signal ?? code}` } })
    const timer = setTimeout(() => settle({ ended: { fault: 'time', most: ms } }), ms)
    child.on('message', onMessage).on('exit', onExit)
  })
}
