import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/audit/entries.ts'
import { createRefusals } from '../../src/audit/refusals.ts'
import { auditLimits } from '../../src/config/audit.ts'
import type { AuditEvent } from '../../src/generated/prisma/client.ts'
import { createVirtualClock } from '../simulation/virtual-time.ts'

describe('refused attempts', () => {
  const counting = (insert: (entries: readonly AuditEntry[]) => Promise<AuditEvent[]>) => {
    const clock = createVirtualClock()
    return { clock, refusals: createRefusals({ clock, insert, onWritten() {}, onError() {} }) }
  }

  test('become one row with their number', async () => {
    const written: (readonly AuditEntry[])[] = []
    const { clock, refusals } = counting(async (entries) => {
      written.push(entries)
      return []
    })
    for (let times = 0; times < 5; times++) refusals.note({ kind: 'SIGN_IN_REFUSED', address: '192.0.2.1' })
    refusals.note({ kind: 'SIGN_IN_REFUSED', address: '192.0.2.2' })
    expect(written).toEqual([])
    await clock.runOut(() => 20)
    expect(written.flat().map(({ address, times }) => [address, times])).toEqual([
      ['192.0.2.1', 5],
      ['192.0.2.2', 1],
    ])
  })

  test('of more places than are kept are counted without their place', async () => {
    const written: AuditEntry[] = []
    const { refusals } = counting(async (entries) => {
      written.push(...entries)
      return []
    })
    const many = auditLimits.waitingMax + 7
    for (let place = 0; place < many; place++) refusals.note({ kind: 'RATE_LIMITED', address: `${place}`, detail: 'x' })
    await refusals.flush()
    expect(written).toHaveLength(auditLimits.waitingMax + 1)
    expect(written.at(-1)).toEqual({ kind: 'RATE_LIMITED', detail: 'x', times: 7 })
  })

  test('are written once the database is back', async () => {
    const written: AuditEntry[] = []
    let isAway = true
    const { refusals } = counting(async (entries) => {
      if (isAway) throw new Error('away')
      written.push(...entries)
      return []
    })
    refusals.note({ kind: 'RATE_LIMITED' })
    await refusals.flush()
    refusals.note({ kind: 'RATE_LIMITED' })
    isAway = false
    await refusals.close()
    expect(written).toEqual([{ kind: 'RATE_LIMITED', times: 2 }])
  })
})
