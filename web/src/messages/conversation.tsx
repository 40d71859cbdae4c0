import { useKabar } from 'kabar-client/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { OpenRoom } from '../rooms/open-room.ts'
import { useText } from '../shell/locale.tsx'
import { Composer } from './composer.tsx'
import styles from './conversation.module.css'
import { ConversationContext, type Writing } from './conversation-context.ts'
import type { ListHandle } from './list-handle.ts'
import { MessageList } from './message-list.tsx'
import { NoPosting } from './no-posting.tsx'
import { useDropFiles } from './use-drop-files.ts'

/** The messages of a room and the place to write. */
export function Conversation({ room, target }: { room: OpenRoom; target: number | null }) {
  const t = useText()
  const list = useRef<ListHandle>(null)
  const [writing, setWriting] = useState<Writing>({ kind: 'new' })
  const [files, setFiles] = useState<readonly File[]>([])
  const jump = useCallback((number: number) => list.current?.jump(number), [])
  const toEnd = useCallback(() => list.current?.toEnd(), [])
  const stable = useKabar().room(room.id)
  const code = room.room?.code ?? room.id
  const historyFrom = room.membership?.historyFrom ?? 1
  const context = useMemo(
    () => ({ room: stable, code, can: room.can, historyFrom, jump, write: setWriting }),
    [stable, code, room.can, historyFrom, jump],
  )
  const addFiles = useCallback((added: readonly File[]) => setFiles((before) => [...before, ...added]), [])
  const drop = useDropFiles(addFiles)
  const mayWrite = room.can.send.allowed || room.can.send.code === 'SLOW_MODE'
  return (
    <ConversationContext value={context}>
      <div className={styles.conversation} {...(mayWrite && drop.handlers)}>
        {room.status === 'loading' ? (
          <div className={styles.waiting} aria-busy="true" />
        ) : (
          <MessageList key={room.id} ref={list} room={room} target={target} />
        )}
        {room.status !== 'loading' &&
          (mayWrite ? (
            <Composer writing={writing} onWriting={setWriting} files={files} onFiles={setFiles} onSent={toEnd} />
          ) : (
            <NoPosting room={room} />
          ))}
        {drop.isOver && mayWrite && <div className={styles.drop}>{t('composer.drop')}</div>}
      </div>
    </ConversationContext>
  )
}
