import { useKabar } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import { PeopleSearch } from '../people/pick-person.tsx'
import form from '../rooms/form.module.css'
import { Avatar } from '../shell/avatar.tsx'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useLocale } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import { Facts } from './facts.tsx'
import {
  type AbandonedRoomsData,
  abandonedRoomsQuery,
  handOverRoomMutation,
  type OperatorRoom,
  type RoomByCodeData,
  roomByCodeQuery,
} from './operations.ts'
import styles from './operator.module.css'
import { PagedList } from './paged-list.tsx'
import { useNames } from './use-names.ts'
import { usePages } from './use-pages.ts'

/** A room by its code, and the rooms that all members left. */
export function Rooms() {
  const { t } = useLocale()
  const [code, setCode] = useState<string | null>(null)
  const [asked, setAsked] = useState<OperatorRoom | null>(null)
  const found = useAsk<RoomByCodeData>(roomByCodeQuery, code === null ? null : { code })
  const pages = usePages<AbandonedRoomsData, OperatorRoom>({
    ...{ document: abandonedRoomsQuery, variables: {} },
    pageOf: ({ operator }) => operator?.abandonedRooms,
  })
  const find = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setCode(textIn(new FormData(event.currentTarget), 'code').trim())
    found.again()
  }
  const room = found.data?.operator?.room
  return (
    <>
      <form className={form.row} onSubmit={find}>
        <Field label={t('share.code')} name="code" required maxLength={80} autoComplete="off" />
        <Button type="submit" isBusy={found.isLoading}>
          {t('operator.find')}
        </Button>
      </form>
      <ErrorText error={found.error} />
      {room && <Line room={room} onHandOver={() => setAsked(room)} />}
      <p role="status" className={styles.none}>
        {found.data && !room && !found.isLoading && t('join.missing')}
      </p>
      <h2 className={styles.heading}>{t('operator.abandoned')}</h2>
      <PagedList label={t('operator.abandoned')} pages={pages} none={t('operator.abandonedNone')}>
        {(left) => <Line room={left} onHandOver={() => setAsked(left)} />}
      </PagedList>
      {asked && (
        <HandOver
          room={asked}
          onDone={() => {
            pages.change(asked.id, null)
            found.again()
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}

function Line({ room, onHandOver }: { room: OperatorRoom; onHandOver: () => void }) {
  const { t, format } = useLocale()
  const { ofRoom } = useNames()
  const { id, code, kind, access, memberCount, createdAt, activeAt, archivedAt } = room
  const shown = ofRoom(room)
  const facts = [
    code,
    t(`access.${access}`),
    t('rooms.members', { count: memberCount }),
    `${t('rooms.since')}: ${format.day(createdAt)}`,
    t('operator.active', { when: format.ago(activeAt) }),
  ]
  return (
    <div className={styles.line}>
      <Avatar of={{ id, name: shown }} isRoom />
      <div className={styles.names}>
        <span className={styles.title}>
          <b dir="auto">{shown}</b>
          {archivedAt && <span className={styles.badge}>{t('operator.archived')}</span>}
        </span>
        <Facts facts={facts} />
      </div>
      {kind === 'GROUP' && (
        <Button onClick={onHandOver} aria-label={`${t('operator.handOver')}: ${shown}`}>
          {t('operator.handOver')}
        </Button>
      )}
    </div>
  )
}

interface HandOverProps {
  room: OperatorRoom
  onDone: () => void
  onClose: () => void
}

function HandOver({ room, onDone, onClose }: HandOverProps) {
  const { t } = useLocale()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const pick = async (userId: string) => {
    const done = await work.run(() => kabar.mutate(handOverRoomMutation, { input: { roomId: room.id, userId } }))
    if (!done) return
    toast({ text: t('operator.handedOver') })
    onDone()
    onClose()
  }
  return (
    <Dialog title={t('operator.handOverTitle', { name: room.name ?? t('rooms.unnamed') })} onClose={onClose}>
      <p>{t('operator.handOverHint')}</p>
      <ErrorText error={work.error} />
      <PeopleSearch onPick={(userId) => void pick(userId)} />
    </Dialog>
  )
}
