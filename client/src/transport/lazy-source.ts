import type { StreamSource } from './source.ts'

/** Makes a source whose code is loaded when something is subscribed first. */
export function createLazySource(load: () => Promise<StreamSource>): StreamSource {
  let loading: Promise<StreamSource> | null = null
  const use = (task: (source: StreamSource) => void) => void loading?.then(task, () => {})
  return {
    subscribe(payload, sink) {
      loading ??= load()
      let stop: (() => void) | null = null
      let isOver = false
      loading.then(
        (source) => {
          if (!isOver) stop = source.subscribe(payload, sink)
        },
        (error) => sink.error(error),
      )
      return () => {
        isOver = true
        stop?.()
      }
    },
    hurry: () => use((source) => source.hurry()),
    close: () => use((source) => source.close()),
  }
}
