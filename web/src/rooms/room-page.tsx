import { useRoom, useRooms } from 'kabar-client/react'
import { lazy, memo, Suspense, useDeferredValue, useState } from 'react'
import { Conversation } from '../messages/conversation.tsx'
import { useText } from '../shell/locale.tsx'
import { Message } from '../shell/message.tsx'
import { useAsk } from '../shell/use-ask.ts'
import { JoinPage } from './join-page.tsx'
import type { OpenRoom as OpenRoomState, SidePane } from './open-room.ts'
import { type RoomDoorData, roomDoorQuery } from './operations.ts'
import { RoomHeader } from './room-header.tsx'
import styles from './room-page.module.css'

const Details = lazy(() => import('./details.tsx').then(({ Details: pane }) => ({ default: pane })))

/** A room by its code or id: the conversation of a member, or the door. */
export function RoomPage({ address, number }: { address: string; number: number | null }) {
  const isId = address.startsWith('room_')
  const { isLoaded, knownId } = useRooms((state) => ({
    isLoaded: state.isLoaded,
    knownId: state.rooms.find(({ id, room }) => (isId ? id === address : room.code === address.toUpperCase()))?.id,
  }))
  // a room that is not among those held may still be one of the viewer's
  const isAsked = !knownId && isLoaded
  const door = useAsk<RoomDoorData>(roomDoorQuery, isAsked ? (isId ? { id: address } : { code: address }) : null)
  const id = knownId ?? (door.data?.room?.viewerMembership ? door.data.room.id : null)
  if (id) return <OpenRoom key={id} id={id} number={number} />
  if (!isLoaded || door.isLoading) return null
  return <JoinPage key={address} code={address} />
}

function OpenRoom({ id, number }: { id: string; number: number | null }) {
  // keys and clicks come before what others say
  const room = useDeferredValue(useRoom(id))
  return <RoomView room={room} number={number} />
}

const RoomView = memo(function RoomView({ room, number }: { room: OpenRoomState; number: number | null }) {
  const t = useText()
  const [pane, setPane] = useState<SidePane | null>(null)
  if (room.status === 'gone') {
    return <Message title={t('room.gone')} text={t('room.goneHint')} action={{ label: t('home.title'), to: '/' }} />
  }
  const toggle = (wanted: SidePane) => setPane(pane === wanted ? null : wanted)
  return (
    <div className={styles.room} data-pane={pane ?? undefined}>
      <section className={styles.conversation} aria-label={room.title}>
        <RoomHeader room={room} pane={pane} onToggle={toggle} />
        <Conversation room={room} target={number} />
      </section>
      {pane && (
        <Suspense fallback={<aside className={styles.pane} />}>
          <Details room={room} pane={pane} className={styles.pane} onClose={() => setPane(null)} />
        </Suspense>
      )}
    </div>
  )
})
