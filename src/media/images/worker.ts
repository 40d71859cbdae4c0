// Decodes images in a child process. libvips cannot be interrupted: ending a thread waits for it, killing a process does not.

import { type ChildProcess, fork } from 'node:child_process'

/** The paths of a source image and of the files made from it. */
export interface ImagePaths {
  readonly source: string
  readonly file: string
  readonly thumbnail: string
}

/** A re-encoded image. */
export interface MadeImage {
  readonly mimeType: string
  readonly bytes: number
  /** Pixels of one frame, after rotating it upright. */
  readonly width: number
  readonly height: number
}

/** Bounds of one image. */
export interface ImageBounds {
  /** The maximum number of pixels over all frames. */
  readonly pixelsMax: number
  /** The same for formats that are decoded as a whole. */
  readonly wholePixelsMax: number
  readonly framesMax: number
  /** The maximum memory of the decoding process. */
  readonly memoryBytesMax: number
  /** The maximum time for one image. */
  readonly ms: number
}

/** An image to re-encode. */
export interface ImageJob {
  readonly paths: ImagePaths
  readonly bounds: ImageBounds
  readonly thumbnailSizeMax: number
}

/** The reason why an image was not re-encoded. */
export type ImageFault =
  | { readonly fault: 'pixels' | 'frames'; readonly found: number; readonly most: number }
  | { readonly fault: 'memory' | 'time'; readonly most: number }
  | { readonly fault: 'format'; readonly format: string }
  /** The file is truncated, or is not an image. */
  | { readonly fault: 'broken'; readonly reason: string }
  /** The process has ended, for example because the machine has no memory left. */
  | { readonly fault: 'ended'; readonly reason: string }

/** The result of one image. */
export interface ImageOutcome {
  readonly outcome: MadeImage | ImageFault
  /** The memory of the process afterwards; null when the process must be killed. */
  readonly memoryBytes: number | null
}

/** A message of the process: it is ready, or the result of an image. */
export type DecoderReport = 'ready' | ImageOutcome

/** A process that decodes one image at a time: see `createImageWorker`. */
export interface ImageWorker {
  run(job: ImageJob): Promise<MadeImage | ImageFault>
  /** Kills the process, even while it is working. */
  close(): void
}

/** When a process is killed for other reasons than a single image. */
export interface WorkerLife {
  /** The maximum time to start. */
  readonly startMs: number
  /** It is killed after being idle for this time. */
  readonly idleMs: number
  /** It is killed when it uses more memory than this after an image. */
  readonly keptBytesMax: number
}

const program = new URL('./re-encoding.ts', import.meta.url)

/** Creates a worker. Its process starts with the first image, and again with the next image after it was killed. */
export function createImageWorker({ startMs, idleMs, keptBytesMax }: WorkerLife): ImageWorker {
  let child: ChildProcess | null = null
  let idle: NodeJS.Timeout | undefined

  const close = () => {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = null
  }
  const start = async () => {
    const started = launch()
    child = started
    const report = await nextReport(started, startMs)
    return report === 'ready' ? started : null
  }

  async function runJob(job: ImageJob): Promise<ImageOutcome> {
    const { ms } = job.bounds
    const worker = child?.connected ? child : await start()
    if (!worker) return failed({ fault: 'ended', reason: 'the process did not start' })
    const next = nextReport(worker, ms)
    // a process that has ended in the meantime is reported by its exit
    worker.send(job, () => {})
    const report = await next
    if (report === 'ready') return failed({ fault: 'ended', reason: 'the process started twice' })
    return 'ended' in report ? failed(report.ended) : report
  }

  return {
    async run(job) {
      clearTimeout(idle)
      const { outcome, memoryBytes } = await runJob(job)
      // it may still be working, or keep too much memory
      if (memoryBytes === null || memoryBytes > keptBytesMax) close()
      else idle = setTimeout(close, idleMs).unref()
      return outcome
    },
    close,
  }
}

const failed = (outcome: ImageFault): ImageOutcome => ({ outcome, memoryBytes: null })

/** Starts a process with a bare environment, without secrets. One malloc arena, so that freed memory is returned. */
function launch(): ChildProcess {
  // biome-ignore lint/style/noProcessEnv: Windows starts no program without its system variables
  const env = process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot ?? '' } : { MALLOC_ARENA_MAX: '1' }
  const child = fork(program, {
    env,
    execArgv: ['--max-old-space-size=64'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', () => {}) // it also exits
  // the process alone must not keep the server alive
  child.unref()
  child.channel?.unref()
  return child
}

/** Waits for the next message of a process. Returns a fault when it takes too long, or when the process has ended. */
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
