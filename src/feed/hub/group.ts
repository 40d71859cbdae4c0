import type { FeedEvent } from '../events.ts'
import { isEvent, type StreamItem } from '../streams/stream-item.ts'
import { isHidden, type Onlooker } from './interest.ts'
import type { Group, HubTopic, LiveFrames, Subscriber } from './state.ts'

/** The result of executing a selection once. */
export interface Rendering<Frame> {
  /** The frame for the sockets; null when this selection has nothing for the stream item. */
  frame: Frame | null
  /** True if the selection read the viewer: another viewer may get another result. */
  askedViewer: boolean
  /** The authors that it shows, when executed for all: viewers who have blocked one get another result. */
  shownUserIds: ReadonlySet<string>
  /** The number of the oldest message that it shows, when executed for all; nothing when it shows none. */
  oldestShown?: number
  /** The data that it shows only to viewers who do not hide theirs, when executed for all. */
  privateShown?: ReadonlySet<string>
}

/** Executes one operation on a stream item. */
export interface Renderer<Frame> {
  /** Equal for operations with equal text, name and variables (except `after`): they share executions. */
  readonly key: string
  /** A null viewer executes for all. Rejects when the execution failed; it is then retried. */
  render(items: readonly StreamItem[], viewerId: string | null): Promise<readonly Rendering<Frame>[]>
}

/**
 * Creates a group. Whether a selection depends on the viewer is found, not declared: it runs without a viewer first, and
 * when a resolver reads the viewer, that result is discarded and the operation runs once per viewer from then on.
 */
export function createGroup<Frame>(topic: HubTopic, renderer: Renderer<Frame>): Group<Frame> {
  const live = new Set<Subscriber<Frame>>()
  const underWay = new Map<string, Promise<Shared<Frame> | null>>()
  let perViewer = false

  /** After a restart thousands reconnect with the same cursor: they share one execution. */
  function renderTogether(items: readonly StreamItem[]): Promise<Shared<Frame> | null> {
    const range = rangeOf(items)
    if (range === null) return renderShared(items)
    let rendering = underWay.get(range)
    if (!rendering) {
      rendering = renderShared(items).finally(() => underWay.delete(range))
      underWay.set(range, rendering)
    }
    return rendering
  }

  async function renderShared(items: readonly StreamItem[]): Promise<Shared<Frame> | null> {
    if (perViewer) return null
    const renderings = await renderer.render(items, null)
    if (renderings.some((rendering) => rendering.askedViewer)) {
      perViewer = true
      return null
    }
    const shownUserIds = new Set(renderings.flatMap((rendering) => [...rendering.shownUserIds]))
    const oldestShown = Math.min(...renderings.map((rendering) => rendering.oldestShown ?? Number.POSITIVE_INFINITY))
    const privateShown = new Set(renderings.flatMap((rendering) => [...(rendering.privateShown ?? nobody)]))
    return { frames: renderings.map((rendering) => rendering.frame), shownUserIds, oldestShown, privateShown }
  }

  async function renderAlone(viewerId: string, items: readonly StreamItem[]): Promise<(Frame | null)[]> {
    const renderings = await renderer.render(items, viewerId)
    return renderings.map((rendering) => rendering.frame)
  }

  return {
    topic,
    key: renderer.key,
    live,
    members: new Set(),
    async renderLive(items) {
      const shared = await renderShared(items)
      if (shared) return { ...shared, of: () => shared.frames, copies: 1 }
      const viewerIds = [...new Set([...live].map((subscriber) => subscriber.viewerId))]
      const frames = await Promise.all(viewerIds.map((viewerId) => renderAlone(viewerId, items)))
      const byViewer = new Map(viewerIds.map((viewerId, index) => [viewerId, frames[index]]))
      return { of: (viewerId) => byViewer.get(viewerId), shownUserIds: nobody, copies: viewerIds.length }
    },
    async renderFor(onlooker, items) {
      const shared = await renderTogether(items)
      const isFit = shared && !showsHidden(onlooker, shared)
      return isFit ? shared.frames : renderAlone(onlooker.viewerId, items)
    },
    renderAlone,
  }
}

/** The result of one execution for all. */
interface Shared<Frame> {
  readonly frames: readonly (Frame | null)[]
  readonly shownUserIds: ReadonlySet<string>
  readonly oldestShown: number
  readonly privateShown: ReadonlySet<string>
}

const nobody: ReadonlySet<string> = new Set()

/** The parts of a shared result that not all viewers may see. */
type Shown = Pick<LiveFrames<unknown>, 'shownUserIds' | 'oldestShown' | 'privateShown'>

/**
 * Tells whether a shared result shows what the viewer may not see.
 *
 * That is a hidden author, a message that is too old, or data of which the viewer hides their own.
 */
export function showsHidden(
  { hiddenActorIds, historyFrom = 0, hides }: Onlooker,
  { shownUserIds, oldestShown = Number.POSITIVE_INFINITY, privateShown = nobody }: Shown,
): boolean {
  if (oldestShown <= historyFrom) return true
  return meets(hiddenActorIds, shownUserIds) || meets(hides, privateShown)
}

function meets(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return some.size > 0 && !some.isDisjointFrom(others)
}

/**
 * Tells whether the shared frame is not, or may not be, for this subscriber.
 *
 * The viewer has blocked an author that it shows, or may have done so just now, or it shows a message that is too old for them,
 * or data of which they hide their own.
 */
export function needsOwn<Frame>(
  subscriber: Subscriber<Frame>,
  events: readonly FeedEvent[],
  frames: LiveFrames<Frame>,
): boolean {
  if (subscriber.settling() !== null) return true
  const { hiddenActorIds, historyFrom, hides } = subscriber
  if (hiddenActorIds.size === 0 && !historyFrom && hides.size === 0) return false
  return showsHidden(subscriber, frames) || events.some((event) => isHidden(subscriber, event))
}

/** The key of a run of events; null for stream items that are not the same for all. */
function rangeOf(items: readonly StreamItem[]): string | null {
  const last = items.at(-1)
  // a chain names its whole history
  return last && items.every(isEvent) ? `${last.chain}+${items.length}` : null
}
