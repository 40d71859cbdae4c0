import type { FeedEvent } from '../events.ts'
import { isEvent, type StreamItem } from '../streams/stream-item.ts'
import { type Interest, isHidden, type Subscriber } from './subscriber.ts'

/** The result of executing a selection once. */
export interface Rendering<Frame> {
  /** What goes to the sockets; null when this selection says nothing about the signal. */
  frame: Frame | null
  /** The selection asked who is looking: another viewer may get another answer. */
  askedViewer: boolean
  /** Whose words it shows, where it was executed for all: who has blocked them gets another answer. */
  shownUserIds: ReadonlySet<string>
}

/** What a viewer is, to those who execute. */
export type Onlooker = Pick<Interest, 'viewerId' | 'hiddenActorIds'>

/** What was executed for all live subscribers. */
export interface LiveFrames<Frame> {
  /** A frame for each signal; undefined for who was not there yet. */
  of(viewerId: string): readonly (Frame | null)[] | undefined
  /** Whose words they show, where they are the same for all. */
  readonly shownUserIds: ReadonlySet<string>
}

/** Executes one operation on a signal. */
export interface Renderer<Frame> {
  /** Equal for operations of equal text, name and variables (`after` aside): they share their executions. */
  readonly key: string
  /** Null as viewer means: for all. It fails when the answer could not be had, and is then tried again. */
  render(items: readonly StreamItem[], viewerId: string | null): Promise<readonly Rendering<Frame>[]>
}

/** The subscribers of one topic with the same operation. */
export interface Group<Frame> {
  readonly key: string
  /** The subscribers that have reached the hub's place. */
  readonly live: Set<Subscriber<Frame>>
  /** All of them, those that are catching up too. */
  readonly members: Set<Subscriber<Frame>>
  /** Executes once for all live subscribers, or once per viewer where the selection asks who is looking. */
  renderLive(items: readonly StreamItem[]): Promise<LiveFrames<Frame>>
  /** Executes for one subscriber; those who ask for the same events at the same time share it. */
  renderFor(onlooker: Onlooker, items: readonly StreamItem[]): Promise<readonly (Frame | null)[]>
  /** Executes for one viewer, and shares nothing. */
  renderAlone(viewerId: string, items: readonly StreamItem[]): Promise<readonly (Frame | null)[]>
}

/**
 * Makes a group. That a selection depends on the viewer is found, not declared: it runs without a viewer first, and when
 * a resolver asks for one, that answer is thrown away and the operation runs once per viewer from then on.
 */
export function createGroup<Frame>(renderer: Renderer<Frame>): Group<Frame> {
  const live = new Set<Subscriber<Frame>>()
  const underWay = new Map<string, Promise<Shared<Frame> | null>>()
  let perViewer = false

  /** After a restart thousands come back with the same cursor: they wait for one execution. */
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
    return { frames: renderings.map((rendering) => rendering.frame), shownUserIds }
  }

  async function renderAlone(viewerId: string, items: readonly StreamItem[]): Promise<(Frame | null)[]> {
    const renderings = await renderer.render(items, viewerId)
    return renderings.map((rendering) => rendering.frame)
  }

  return {
    key: renderer.key,
    live,
    members: new Set(),
    async renderLive(items) {
      const shared = await renderShared(items)
      if (shared) return { of: () => shared.frames, shownUserIds: shared.shownUserIds }
      const viewerIds = [...new Set([...live].map((subscriber) => subscriber.viewerId))]
      const frames = await Promise.all(viewerIds.map((viewerId) => renderAlone(viewerId, items)))
      const byViewer = new Map(viewerIds.map((viewerId, index) => [viewerId, frames[index]]))
      return { of: (viewerId) => byViewer.get(viewerId), shownUserIds: nobody }
    },
    async renderFor(onlooker, items) {
      const shared = await renderTogether(items)
      const isFit = shared && !showsHidden(onlooker, shared.shownUserIds)
      return isFit ? shared.frames : renderAlone(onlooker.viewerId, items)
    },
    renderAlone,
  }
}

/** What was executed once for all. */
interface Shared<Frame> {
  readonly frames: readonly (Frame | null)[]
  readonly shownUserIds: ReadonlySet<string>
}

const nobody: ReadonlySet<string> = new Set()

/** Whether an answer for all shows words that this viewer must not see. */
function showsHidden({ hiddenActorIds }: Onlooker, shownUserIds: ReadonlySet<string>): boolean {
  return hiddenActorIds.size > 0 && !hiddenActorIds.isDisjointFrom(shownUserIds)
}

/**
 * Whether what all get is not for this subscriber, or may not be.
 *
 * They have blocked somebody whose words it shows, or may just have.
 */
export function needsOwn<Frame>(
  subscriber: Subscriber<Frame>,
  events: readonly FeedEvent[],
  { shownUserIds }: LiveFrames<Frame>,
): boolean {
  if (subscriber.settling() !== null) return true
  if (subscriber.hiddenActorIds.size === 0) return false
  return showsHidden(subscriber, shownUserIds) || events.some((event) => isHidden(subscriber, event))
}

/** Names a run of events; null for signals that are not the same for all. */
function rangeOf(items: readonly StreamItem[]): string | null {
  const first = items[0]
  return first && items.every(isEvent) ? `${first.epoch}:${first.seq}+${items.length}` : null
}
