// Keeps the block lists and the privacy of open streams up to date, with one lookup per server for the topics that rang, not one per stream.

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { BlockView, BlockWatch, Privacy } from '../../access/context.ts'
import type { Config } from '../../config/config.ts'
import { feedLimits } from '../../config/feed.ts'
import { friendLimits } from '../../config/friends.ts'
import type { Database } from '../../database/client.ts'
import type { Feed } from '../../feed/feed.ts'
import { readHidden } from '../../users/queries.ts'
import { readBlocksAround } from './queries.ts'

/** The parts of the server that a watch needs. */
export interface BlockWatchOptions {
  database: Pick<Database, 'sql'>
  config: Config
  feed: Pick<Feed, 'onRing'>
  log: Logger
}

/** The block watch of one server. */
export interface ClosableBlockWatch extends BlockWatch {
  close(): Promise<void>
}

interface View {
  readonly viewerId: string
  readonly blockedIds: Set<string>
  readonly shunnedIds: Set<string>
  readonly hides: Set<Privacy>
  /** Resolves when the last requested read is done; null when none is pending. */
  settling: PromiseWithResolvers<void> | null
}

/**
 * Watches the blocks and the privacy of viewers with open streams.
 *
 * A view lives as long as the streams that reference it. After a ring for a viewer, their streams wait until both have
 * been read again, so that every event after a change is filtered by it.
 */
export function createBlockWatch({ database, config, feed, log }: BlockWatchOptions): ClosableBlockWatch {
  const views = new Map<string, WeakRef<View>>()
  const pending = new Set<View>()
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let closed = false

  async function lookUp(batch: readonly View[]): Promise<void> {
    const viewerIds = batch.map((view) => view.viewerId)
    const [blocks, hidden] = await Promise.all([
      readBlocksAround(database.sql, viewerIds),
      readHidden(database.sql, viewerIds),
    ])
    for (const view of batch) {
      view.blockedIds.clear()
      view.shunnedIds.clear()
      view.hides.clear()
      for (const what of hidden.get(view.viewerId) ?? []) view.hides.add(what)
    }
    const byId = new Map(batch.map((view) => [view.viewerId, view]))
    for (const { blockerId, blockedId } of blocks) {
      byId.get(blockerId)?.blockedIds.add(blockedId)
      byId.get(blockerId)?.shunnedIds.add(blockedId)
      byId.get(blockedId)?.shunnedIds.add(blockerId)
    }
  }

  async function runAll(): Promise<void> {
    // views of this turn of the event loop share a lookup
    await new Promise(setImmediate)
    while (pending.size > 0 && !closed) {
      const batch = [...pending].slice(0, friendLimits.viewsPerLookupMax)
      for (const view of batch) pending.delete(view)
      try {
        await lookUp(batch)
      } catch (error) {
        log.warn({ err: error }, 'Failed to read blocks and privacy; trying again')
        for (const view of batch) pending.add(view)
        await wait(feedLimits.lookupRetryMs, undefined, { ref: false })
      }
      for (const view of batch) if (!pending.has(view)) settle(view)
    }
    running = null
  }

  function request(view: View): void {
    pending.add(view)
    running ??= runAll()
  }

  /** Reads all views again: for lost rings, and for blocks by others, which ring another topic. */
  function sweep(): void {
    timer = setTimeout(
      () => {
        for (const [viewerId, reference] of views) {
          const view = reference.deref()
          if (view) request(view)
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
      request(view)
    }
  })
  sweep()

  return {
    async viewOf(viewerId) {
      let view = views.get(viewerId)?.deref()
      if (!view) {
        view = createView(viewerId)
        // stored before it is read, so that no ring is missed
        views.set(viewerId, new WeakRef(view))
        request(view)
      }
      await view.settling?.promise
      return toBlockView(view)
    },
    async close() {
      closed = true
      if (timer) clearTimeout(timer)
      stopHearing()
      await running
      for (const view of pending) settle(view)
    },
  }
}

function createView(viewerId: string): View {
  return { viewerId, blockedIds: new Set(), shunnedIds: new Set(), hides: new Set(), settling: Promise.withResolvers() }
}

function settle(view: View): void {
  view.settling?.resolve()
  view.settling = null
}

/** Creates the object that streams reference. Its function keeps the view alive. */
function toBlockView(view: View): BlockView {
  return {
    blockedIds: view.blockedIds,
    shunnedIds: view.shunnedIds,
    hides: view.hides,
    settling: () => view.settling?.promise ?? null,
  }
}
