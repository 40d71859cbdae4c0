import { useEffect, useState } from 'react'
import { useText } from '../shell/locale.tsx'
import { Message } from '../shell/message.tsx'
import { openControl, type SideName } from './control.ts'
import { type Experiment, startExperiment } from './experiment.ts'
import { ExperimentPage } from './experiment-page.tsx'

type State = 'starting' | 'off' | 'failed' | Experiment

async function start(names: Readonly<Record<SideName | 'room', string>>): Promise<Experiment | 'off'> {
  const makeFault = await openControl()
  return makeFault ? startExperiment(makeFault, names) : 'off'
}

/** The lab: two users beside each other, and faults to try. Only a server that was started for it has one. */
export function LabPage() {
  const t = useText()
  const [state, setState] = useState<State>('starting')
  const names = { left: t('lab.left'), right: t('lab.right'), room: t('lab.title') }
  const [first] = useState(names)
  useEffect(() => {
    const starting = start(first)
    let isGone = false
    starting.then(
      (started) => !isGone && setState(started),
      () => !isGone && setState('failed'),
    )
    return () => {
      isGone = true
      void starting.then(
        (started) => (started === 'off' ? undefined : started.close()),
        () => {},
      )
    }
  }, [first])
  if (state === 'starting') return <Message title={t('lab.starting')} />
  if (state === 'failed') return <Message title={t('lab.failed')} />
  if (state === 'off') return <Message title={t('lab.off')} text={t('lab.offHint', { command: 'npm run lab' })} />
  return <ExperimentPage experiment={state} />
}
