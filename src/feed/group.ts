import { isEvent, type Signal } from './signal.ts'
import type { Subscriber } from './subscriber.ts'

/** The result of executing a selection once. */
export interface Rendering<Frame> {
  /** What goes to the sockets; null when this selection says nothing about the signal. */
  frame: Frame | null
  /** The selection asked who is looking: another viewer may get another answer. */
  askedViewer: boolean
}

/** Executes one operation on a signal. */
export interface Renderer<Frame> {
  /** Equal for operations of equal text, name and variables (`after` aside): they share their executions. */
  readonly key: string
  /** Null as viewer means: for all. It fails when the answer could not be had, and is then tried again. */
  render(signals: readonly Signal[], viewerId: string | null): Promise<readonly Rendering<Frame>[]>
}

/** The subscribers of one topic with the same operation. */
export interface Group<Frame> {
  readonly key: string
  /** The subscribers that have reached the hub's place. */
  readonly live: Set<Subscriber<Frame>>
  /** All of them, those that are catching up too. */
  readonly members: Set<Subscriber<Frame>>
  /** Executes once for all live subscribers, or once per viewer where the selection asks who is looking. */
  renderLive(signals: readonly Signal[]): Promise<(viewerId: string) => readonly (Frame | null)[] | undefined>
  /** Executes for one subscriber; those who ask for the same events at the same time share it. */
  renderFor(viewerId: string, signals: readonly Signal[]): Promise<readonly (Frame | null)[]>
}

/**
 * Makes a group. That a selection depends on the viewer is found, not declared: it runs without a viewer first, and when
 * a resolver asks for one, that answer is thrown away and the operation runs once per viewer from then on.
 */
export function createGroup<Frame>(renderer: Renderer<Frame>): Group<Frame> {
  const live = new Set<Subscriber<Frame>>()
  const underWay = new Map<string, Promise<(Frame | null)[] | null>>()
  let perViewer = false

  /** After a restart thousands come back with the same cursor: they wait for one execution. */
  function renderTogether(signals: readonly Signal[]): Promise<(Frame | null)[] | null> {
    const range = rangeOf(signals)
    if (range === null) return renderShared(signals)
    let rendering = underWay.get(range)
    if (!rendering) {
      rendering = renderShared(signals).finally(() => underWay.delete(range))
      underWay.set(range, rendering)
    }
    return rendering
  }

  async function renderShared(signals: readonly Signal[]): Promise<(Frame | null)[] | null> {
    if (perViewer) return null
    const renderings = await renderer.render(signals, null)
    if (renderings.some((rendering) => rendering.askedViewer)) {
      perViewer = true
      return null
    }
    return renderings.map((rendering) => rendering.frame)
  }

  async function renderPersonal(signals: readonly Signal[], viewerId: string): Promise<(Frame | null)[]> {
    const renderings = await renderer.render(signals, viewerId)
    return renderings.map((rendering) => rendering.frame)
  }

  return {
    key: renderer.key,
    live,
    members: new Set(),
    async renderLive(signals) {
      const shared = await renderShared(signals)
      if (shared) return () => shared
      const viewerIds = [...new Set([...live].map((subscriber) => subscriber.viewerId))]
      const frames = await Promise.all(viewerIds.map((viewerId) => renderPersonal(signals, viewerId)))
      const byViewer = new Map(viewerIds.map((viewerId, index) => [viewerId, frames[index]]))
      return (viewerId) => byViewer.get(viewerId)
    },
    async renderFor(viewerId, signals) {
      return (await renderTogether(signals)) ?? (await renderPersonal(signals, viewerId))
    },
  }
}

/** Names a run of events; null for signals that are not the same for all. */
function rangeOf(signals: readonly Signal[]): string | null {
  const first = signals[0]
  return first && signals.every(isEvent) ? `${first.epoch}:${first.seq}+${signals.length}` : null
}
