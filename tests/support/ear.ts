import type { Ring } from '../../src/feed/events.ts'
import type { NewHint } from '../../src/feed/hints/hint-queue.ts'
import type { Notifier } from '../../src/feed/notify/notifier.ts'
import { patienceMs } from './patience.ts'

/** The rings and hints that a doorbell has told. */
export interface Ear {
  /** The highest number heard of each topic. */
  readonly heads: ReadonlyMap<string, number>
  /** The hints heard, in their order. */
  readonly hints: readonly NewHint[]
  /** Times that rings may have been missed. */
  gaps(): number
  /** Resolves when `look` is true of what was heard. Fails after a while with what was. */
  until(look: () => boolean): Promise<void>
}

/** Listens at a doorbell. */
export async function listenAt(notifier: Notifier): Promise<Ear> {
  const heads = new Map<string, number>()
  const looking = new Set<() => void>()
  const hints: NewHint[] = []
  let gaps = 0
  const lookAgain = () => {
    for (const look of looking) look()
  }
  await notifier.listen({
    onRing(rings: readonly Ring[]) {
      for (const { topicId, head } of rings) heads.set(topicId, Math.max(head, heads.get(topicId) ?? 0))
      lookAgain()
    },
    onGap() {
      gaps += 1
      lookAgain()
    },
    onHint(given) {
      hints.push(...given)
      lookAgain()
    },
  })
  return {
    heads,
    hints,
    gaps: () => gaps,
    until: (look) =>
      new Promise((resolve, reject) => {
        const heard = () => `${heads.size} topics, the last ${[...heads].at(-1)?.join(' at ')}, and ${gaps} gaps`
        const timer = setTimeout(() => {
          looking.delete(check)
          reject(new Error(`it was not heard. What was: ${heard()}`))
        }, patienceMs)
        const check = () => {
          if (!look()) return
          clearTimeout(timer)
          looking.delete(check)
          resolve()
        }
        looking.add(check)
        check()
      }),
  }
}
