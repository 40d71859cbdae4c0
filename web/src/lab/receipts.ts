// Remembers what the server has acknowledged, to either side.

import type { Ledger } from './ledger.ts'

interface Receipt {
  readonly id: string
  readonly number: number
  readonly sentAtMs: number
}

/** A database that was put back: it has lost what was sent before, and has a number above. */
interface PutBack {
  readonly number: number
  readonly atMs: number
}

/** The acknowledgements of the server. */
export interface Receipts {
  add(receipt: Receipt): void
  /** The database has lost what was acknowledged with a higher number, as it does where its newest copy is older. */
  putBack(number: number): void
  /** The number of the newest acknowledged message. */
  newest(): number
  /** How many there are. */
  count(): number
  /** Waits until there are so many. */
  reached(count: number): Promise<void>
  /** Judges a ledger. Of the first `settled` receipts it must have all; of others those whose number it has passed. */
  judge(ledger: Ledger, settled: number): { readonly stored: number; readonly lost: number; readonly takenBack: number }
}

/** Creates receipts of which there are none yet. */
export function createReceipts(): Receipts {
  const receipts: Receipt[] = []
  const putBacks: PutBack[] = []
  const waiting = new Set<() => void>()
  let newest = 0

  const isTakenBack = ({ number, sentAtMs }: Receipt) =>
    putBacks.some((putBack) => number > putBack.number && sentAtMs < putBack.atMs)

  return {
    add(receipt) {
      receipts.push(receipt)
      newest = Math.max(newest, receipt.number)
      for (const look of waiting) look()
    },
    putBack(number) {
      putBacks.push({ number, atMs: performance.now() })
      newest = Math.min(newest, number)
    },
    newest: () => newest,
    count: () => receipts.length,
    reached: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (receipts.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    judge(ledger, settled) {
      const isDue = ({ number }: Receipt, index: number) => number <= ledger.length || index < settled
      const missing = receipts.filter(isDue).filter(({ id, number }) => ledger.at(number)?.id !== id)
      const takenBack = missing.filter(isTakenBack).length
      return { stored: receipts.length - takenBack, lost: missing.length - takenBack, takenBack }
    },
  }
}
