// Keeps open streams in step with blocks: one look per server at those whose topics were rung, not one for each stream.

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { BlockView, BlockWatch } from '../../access/context.ts'
import type { Config } from '../../config/config.ts'
import { feedLimits } from '../../config/feed.ts'
import { friendLimits } from '../../config/friends.ts'
import type { Database } from '../../database/client.ts'
import type { Feed } from '../../feed/feed.ts'
import { readBlocksAround } from './queries.ts'

/** The parts of the server that a watch needs. */
export interface BlockWatchOptions {
  database: Pick<Database, 'sql'>
  config: Config
  feed: Pick<Feed, 'onRing'>
  log: Logger
}

/** A watch of one server. */
export interface ClosableBlockWatch extends BlockWatch {
  close(): Promise<void>
}

interface View {
  readonly viewerId: string
  readonly blockedIds: Set<string>
  readonly shunnedIds: Set<string>
  /** Resolves when what was asked for last has been read; null when nothing is. */
  settling: PromiseWithResolvers<void> | null
}

/**
 * Starts to watch the blocks of viewers with open streams.
 *
 * A view lives as long as the streams that hold it. Until a viewer's ring has been looked into nothing is judged by their
 * view, so that whatever is heard after a block is judged by it.
 */
export function createBlockWatch({ database, config, feed, log }: BlockWatchOptions): ClosableBlockWatch {
  const views = new Map<string, WeakRef<View>>()
  const asked = new Set<View>()
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let closed = false

  async function look(batch: readonly View[]): Promise<void> {
    const blocks = await readBlocksAround(
      database.sql,
      batch.map((view) => view.viewerId),
    )
    for (const view of batch) {
      view.blockedIds.clear()
      view.shunnedIds.clear()
    }
    const byId = new Map(batch.map((view) => [view.viewerId, view]))
    for (const { blockerId, blockedId } of blocks) {
      byId.get(blockerId)?.blockedIds.add(blockedId)
      byId.get(blockerId)?.shunnedIds.add(blockedId)
      byId.get(blockedId)?.shunnedIds.add(blockerId)
    }
  }

  async function runAll(): Promise<void> {
    // who comes in this turn of the event loop is looked up together
    await new Promise(setImmediate)
    while (asked.size > 0 && !closed) {
      const batch = [...asked].slice(0, friendLimits.viewsPerLookupMax)
      for (const view of batch) asked.delete(view)
      try {
        await look(batch)
      } catch (error) {
        log.warn({ err: error }, 'Blocks could not be looked up; this is tried again')
        for (const view of batch) asked.add(view)
        await wait(feedLimits.lookupRetryMs, undefined, { ref: false })
      }
      for (const view of batch) if (!asked.has(view)) settle(view)
    }
    running = null
  }

  function ask(view: View): void {
    asked.add(view)
    running ??= runAll()
  }

  /** Makes up for lost rings, and for blocks by others, which ring somewhere else. */
  function sweep(): void {
    timer = setTimeout(
      () => {
        for (const [viewerId, reference] of views) {
          const view = reference.deref()
          if (view) ask(view)
          else views.delete(viewerId)
        }
        sweep()
      },
      config.feed.sessionSweepMs * (0.75 + Math.random() / 4),
    )
    timer.unref()
  }

  const stopHearing = feed.onRing((rings) => {
    for (const { topicId } of rings) {
      const view = views.get(topicId)?.deref()
      if (!view) continue
      view.settling ??= Promise.withResolvers()
      ask(view)
    }
  })
  sweep()

  return {
    async viewOf(viewerId) {
      let view = views.get(viewerId)?.deref()
      if (!view) {
        view = createView(viewerId)
        // known before it is read, so that no ring is missed
        views.set(viewerId, new WeakRef(view))
        ask(view)
      }
      await view.settling?.promise
      return toBlockView(view)
    },
    async close() {
      closed = true
      if (timer) clearTimeout(timer)
      stopHearing()
      await running
      for (const view of asked) settle(view)
    },
  }
}

function createView(viewerId: string): View {
  return { viewerId, blockedIds: new Set(), shunnedIds: new Set(), settling: Promise.withResolvers() }
}

function settle(view: View): void {
  view.settling?.resolve()
  view.settling = null
}

/** What streams hold; by its function it holds the view. */
function toBlockView(view: View): BlockView {
  return {
    blockedIds: view.blockedIds,
    shunnedIds: view.shunnedIds,
    settling: () => view.settling?.promise ?? null,
  }
}
