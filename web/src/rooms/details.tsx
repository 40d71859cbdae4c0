import { X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import type { TextKey } from '../shell/translate.ts'
import { About } from './about.tsx'
import styles from './details.module.css'
import { Members } from './members.tsx'
import type { OpenRoom, SidePane } from './open-room.ts'
import { Pins } from './pins.tsx'
import { RoomSearch } from './room-search.tsx'

const RoomSettings = lazy(() => import('./room-settings.tsx').then(({ RoomSettings: tab }) => ({ default: tab })))
const Moderation = lazy(() => import('./moderation.tsx').then(({ Moderation: tab }) => ({ default: tab })))
const Visits = lazy(() => import('./visits.tsx').then(({ Visits: tab }) => ({ default: tab })))

interface DetailsProps {
  room: OpenRoom
  pane: SidePane
  className: string | undefined
  onClose: () => void
}

type Tab = 'about' | 'members' | 'settings' | 'moderation' | 'visits'

/** Shows the pane beside a conversation: members and settings of the room, a search, or its pins. */
export function Details({ room, pane, className, onClose }: DetailsProps) {
  const t = useText()
  const titles: Record<SidePane, TextKey> = { details: 'room.details', search: 'search.inRoom', pins: 'pins.title' }
  return (
    <aside className={className} data-region="details" tabIndex={-1} aria-label={t(titles[pane])}>
      <header className={styles.header}>
        <h2>{t(titles[pane])}</h2>
        <IconButton label={t('close')} onClick={onClose}>
          <X size={20} />
        </IconButton>
      </header>
      {pane === 'search' && <RoomSearch room={room} onClose={onClose} />}
      {pane === 'pins' && <Pins room={room} onClose={onClose} />}
      {pane === 'details' && <Tabs room={room} />}
    </aside>
  )
}

function Tabs({ room }: { room: OpenRoom }) {
  const t = useText()
  const { can } = room
  const isGroup = room.room?.kind === 'GROUP'
  const tabs: readonly Tab[] = [
    'members',
    'about',
    ...(isGroup && can.manageRoom.allowed ? (['settings'] as const) : []),
    ...(isGroup && can.manageInvites.allowed ? (['moderation'] as const) : []),
    ...(can.seeVisits.allowed ? (['visits'] as const) : []),
  ]
  const [chosen, setChosen] = useState<Tab>('members')
  const tab = tabs.includes(chosen) ? chosen : 'members'
  return (
    <>
      <div className={styles.tabs} role="tablist" aria-label={t('room.details')}>
        {tabs.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={name === tab}
            aria-controls="room-tab"
            onClick={() => setChosen(name)}
          >
            {t(`room.tab.${name}`)}
          </button>
        ))}
      </div>
      <div className={styles.body} role="tabpanel" id="room-tab" aria-label={t(`room.tab.${tab}`)}>
        <Suspense>
          {tab === 'members' && <Members room={room} />}
          {tab === 'about' && <About room={room} />}
          {tab === 'settings' && <RoomSettings room={room} />}
          {tab === 'moderation' && <Moderation room={room} />}
          {tab === 'visits' && <Visits room={room} />}
        </Suspense>
      </div>
    </>
  )
}
