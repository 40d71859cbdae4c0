import { PinList } from '../messages/pin-list.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import styles from './details.module.css'
import type { OpenRoom } from './open-room.ts'

/** The pinned messages of a room. */
export function Pins({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const t = useText()
  const { go } = useRouter()
  if (room.pinned.length === 0) return <p className={styles.none}>{t('pins.none')}</p>
  return (
    <PinList
      messages={room.pinned}
      onGo={(number) => {
        if (innerWidth <= 1080) onClose()
        go(`/r/${room.room?.code ?? room.id}/${number}`)
      }}
    />
  )
}
