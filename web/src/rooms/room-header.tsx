import { useKabar, useRooms } from 'kabar-client/react'
import { ArrowLeft, ArrowRight, Pin, Search, Share2, UsersRound } from 'lucide-react'
import { useState } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { IconButton } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import type { OpenRoom, SidePane } from './open-room.ts'
import styles from './room-header.module.css'
import { RoomMenu } from './room-menu.tsx'
import { Share } from './share.tsx'
import { useRoomSubtitle } from './use-room-subtitle.ts'

interface RoomHeaderProps {
  room: OpenRoom
  pane: SidePane | null
  onToggle: (pane: SidePane) => void
}

/** Which room this is, who is here, and what else there is to see. */
export function RoomHeader({ room, pane, onToggle }: RoomHeaderProps) {
  const t = useText()
  const kabar = useKabar()
  const { go } = useRouter()
  const line = useRoomSubtitle(room)
  const [isSharing, setIsSharing] = useState(false)
  const other = useRooms(({ rooms }) => rooms.find(({ id }) => id === room.id)?.other)
  const url = other?.avatar?.thumbnailUrl ?? other?.avatar?.url
  const isGroup = room.room?.kind === 'GROUP'
  const name = room.title || t('rooms.unnamed')
  const isRightToLeft = document.documentElement.dir === 'rtl'
  return (
    <header className={styles.header}>
      <IconButton label={t('back')} className={styles.back} onClick={() => go('/')}>
        {isRightToLeft ? <ArrowRight size={20} /> : <ArrowLeft size={20} />}
      </IconButton>
      <button
        type="button"
        className={styles.who}
        onClick={() => onToggle('details')}
        aria-expanded={pane === 'details'}
      >
        <Avatar
          of={{ id: other?.id ?? room.id, name, url: url && kabar.absoluteUrl(url) }}
          size={36}
          isRoom={isGroup}
          presence={other ? room.presence.get(other.id) : undefined}
        />
        <span className={styles.names}>
          <h1 dir="auto">{name}</h1>
          <span className={styles.line}>{line}</span>
        </span>
      </button>
      {isGroup && (
        <button type="button" className={styles.code} onClick={() => setIsSharing(true)} title={t('share.title')}>
          <Share2 size={16} aria-hidden />
          <span dir="ltr">{room.room?.code}</span>
          <span className="unseen"> {t('share.title')}</span>
        </button>
      )}
      {room.pinned.length > 0 && (
        <IconButton label={t('pins.title')} aria-pressed={pane === 'pins'} onClick={() => onToggle('pins')}>
          <Pin size={20} />
        </IconButton>
      )}
      <IconButton label={t('search.inRoom')} aria-pressed={pane === 'search'} onClick={() => onToggle('search')}>
        <Search size={20} />
      </IconButton>
      <IconButton
        label={t('room.details')}
        className={styles.details}
        aria-pressed={pane === 'details'}
        onClick={() => onToggle('details')}
      >
        <UsersRound size={20} />
      </IconButton>
      <RoomMenu room={room} onShare={() => setIsSharing(true)} />
      {isSharing && room.room && (
        <Dialog title={t('share.title')} onClose={() => setIsSharing(false)}>
          <Share room={room.room} />
        </Dialog>
      )}
    </header>
  )
}
