import type { StreamSource } from './source.ts'

/** A source whose code is loaded when it is needed. */
export interface LazySource<Source extends StreamSource> extends StreamSource {
  /** The source, once it is loaded. */
  readonly source: Source | null
  /** Begins to load, because it will be needed soon. */
  load(): void
}

/** Makes a source whose code is loaded when something is subscribed first. What failed to load is tried again. */
export function createLazySource<Source extends StreamSource>(load: () => Promise<Source>): LazySource<Source> {
  let source: Source | null = null
  let loading: Promise<Source> | null = null

  function loaded(): Promise<Source> {
    loading ??= load().then(
      (made) => (source = made),
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }

  return {
    get source() {
      return source
    },
    load: () => void loaded().catch(() => {}),
    subscribe(payload, sink) {
      if (source) return source.subscribe(payload, sink)
      let stop: (() => void) | null = null
      let isOver = false
      loaded().then(
        (made) => {
          if (!isOver) stop = made.subscribe(payload, sink)
        },
        (error) => {
          if (!isOver) sink.error(error)
        },
      )
      return () => {
        isOver = true
        stop?.()
      }
    },
    hurry: () => source?.hurry(),
    close: () => void loading?.then((made) => made.close()).catch(() => {}),
  }
}
