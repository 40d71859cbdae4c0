// The counters of the lab see each fault: otherwise its zeros would mean nothing.

import { expect, test } from 'vitest'
import { createLedger, type Shown } from '../src/lab/ledger.ts'
import { createReceipts } from '../src/lab/receipts.ts'

/** A room that shows messages: by author and count, such as `a2`. Two dashes follow the id where it is another than that. */
function roomOf(texts: string): Shown {
  const messages = texts.split(' ').filter(Boolean)
  const at = (number: number) => {
    const [text = '', id = text] = messages[number - 1]?.split('--') ?? []
    if (text === '' || text === '?') return undefined
    return { id, author: { id: text.slice(0, 1) }, body: `#${text.slice(1)}` } as ReturnType<Shown['at']>
  }
  return { messageCount: messages.length, at }
}

test.for([
  ['all is well', 'a1 b1 a2 b2', { doubled: 0, outOfOrder: 0 }],
  ['a message came twice', 'a1 a2 a2--other a3', { doubled: 1, outOfOrder: 0 }],
  ['a message came again later', 'a1 a2 a3 a1--other', { doubled: 1, outOfOrder: 0 }],
  ['messages of one author changed places', 'a1 a3 a2 b1', { doubled: 0, outOfOrder: 1 }],
  ['messages of two authors are in any order', 'b1 b2 a1 b3', { doubled: 0, outOfOrder: 0 }],
] as const)('%s', ([, texts, faults]) => {
  const ledger = createLedger()
  expect(ledger.read(roomOf(texts))).toBeNull()
  expect(ledger.faults()).toEqual(faults)
})

test.for([
  ['all are shown', 'a1 a2 a3', 3, { stored: 3, lost: 0, takenBack: 0 }],
  ['one is not there', 'a1 a3 a4', 0, { stored: 3, lost: 2, takenBack: 0 }],
  ['the last is not there yet', 'a1 a2', 0, { stored: 3, lost: 0, takenBack: 0 }],
  ['the last is not there, and should be', 'a1 a2', 3, { stored: 3, lost: 1, takenBack: 0 }],
] as const)('of three that were acknowledged, %s', ([, texts, settled, judgement]) => {
  const receipts = createReceipts()
  for (const number of [1, 2, 3]) receipts.add({ id: `a${number}`, number, sentAtMs: 0 })
  const ledger = createLedger()
  ledger.read(roomOf(texts))
  expect(receipts.judge(ledger, settled)).toEqual(judgement)
})

test('a database that was put back has taken back what was sent before, and no more', () => {
  const receipts = createReceipts()
  const ledger = createLedger()
  for (const number of [1, 2, 3]) receipts.add({ id: `a${number}`, number, sentAtMs: performance.now() })
  ledger.read(roomOf('a1 a2 a3'))
  receipts.putBack(1)
  receipts.add({ id: 'a4', number: 2, sentAtMs: Number.POSITIVE_INFINITY })
  ledger.read(roomOf('a1 a4'))
  expect([ledger.length, ledger.at(2)?.id]).toEqual([2, 'a4'])
  expect(receipts.judge(ledger, 4)).toEqual({ stored: 2, lost: 0, takenBack: 2 })
  // sent afterwards, it should be there
  ledger.read(roomOf('a1'))
  expect(receipts.judge(ledger, 4)).toEqual({ stored: 2, lost: 1, takenBack: 2 })
})

test('it says which message it lacks, and goes on from there', () => {
  const ledger = createLedger()
  expect(ledger.read(roomOf('a1 ? a3'))).toBe(2)
  expect(ledger.length).toBe(1)
  expect(ledger.read(roomOf('a1 a2 a3'))).toBeNull()
  expect(ledger.length).toBe(3)
})
