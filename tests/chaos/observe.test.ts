import { expect, test } from 'vitest'
import { firingAlerts } from '../../chaos/observe.ts'
import { noPromtool } from '../support/prometheus.ts'

const seconds = 8
const each = (value: number) => Array.from({ length: seconds }, () => value)
const growing = (step: number) => Array.from({ length: seconds }, (_, second) => second * step)
const place = 'instance="server 1",job="kabar"'

const recordings: [what: string, series: Record<string, (number | null)[]>, alerts: string[]][] = [
  ['nothing', { [`up{${place}}`]: each(1) }, []],
  ['a server that is away', { [`up{${place}}`]: [1, 1, 0, 0, 0, 0, 1, 1] }, ['KabarDown']],
  ['a wrong clock', { [`kabar_clock_ahead_seconds{${place}}`]: each(3_600) }, ['KabarClockWrong']],
  [
    'a server that does not hear others',
    { [`kabar_doorbell_state{via="postgres",state="away",${place}}`]: each(1) },
    ['KabarNotListening'],
  ],
  ['rings that get lost', { [`kabar_sweep_finds_total{${place}}`]: growing(1) }, ['KabarRingsLost']],
  [
    'a replica that is asked in vain',
    {
      [`kabar_replica_reads_total{answer="replica",${place}}`]: each(9),
      [`kabar_replica_reads_total{answer="primary",${place}}`]: growing(1),
    },
    ['KabarReplicaUnused'],
  ],
  ['a server that was not asked for a while', { [`up{${place}}`]: [1, null, null, 1, null, 1, 1, 1] }, []],
]

test.skipIf(noPromtool).for(recordings)('of %s it says which alerts fire', ([, series, alerts]) => {
  expect(firingAlerts({ series: new Map(Object.entries(series)), seconds })).toEqual(alerts)
})
