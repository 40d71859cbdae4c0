import { useKabar, useServer } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field, Select, Switch, TextArea } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useToast } from '../shell/toast.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import { AccessChoice } from './create-room.tsx'
import styles from './form.module.css'
import type { OpenRoom } from './open-room.ts'
import { type CatalogData, catalogQuery, deleteRoomMutation, updateRoomMutation } from './operations.ts'
import { RegionOptions } from './region-options.tsx'
import { RuleFields, rulesOf } from './rule-fields.tsx'

/** Shows the settings that the owner and admins of a room may change. */
export function RoomSettings({ room }: { room: OpenRoom }) {
  const t = useText()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const catalog = useAsk<CatalogData>(catalogQuery, {})
  const about = room.room
  const [access, setAccess] = useState(about?.access ?? 'OPEN')
  if (!about) return null
  const save = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => textIn(form, name).trim() || null
    const password = text('password')
    const input = {
      ...{ roomId: room.id, name: text('name'), description: text('description'), access },
      ...rulesOf(form),
      // as long as the lists are not there, what is set stays
      ...(catalog.data && { categoryId: text('category'), regionId: text('region') }),
      ...(access === 'PASSWORD' && password && { password }),
    }
    if (await work.run(() => kabar.mutate(updateRoomMutation, { input }))) toast({ text: t('saved') })
  }
  // these lists are made anew when they are there; what else was changed meanwhile stays
  const { categories = [], regions = [] } = catalog.data ?? {}
  return (
    <>
      <form key={about.updatedAt} className={styles.form} onSubmit={(event) => void save(event)}>
        <Field label={t('rooms.name')} name="name" required maxLength={80} defaultValue={about.name ?? ''} />
        <TextArea
          label={t('rooms.description')}
          name="description"
          maxLength={1_000}
          defaultValue={about.description ?? ''}
        />
        <AccessChoice value={access} onChoose={setAccess} />
        {access === 'PASSWORD' && (
          <Field
            label={t('rooms.password')}
            name="password"
            maxLength={256}
            required={about.access !== 'PASSWORD'}
            autoComplete="off"
            hint={about.access === 'PASSWORD' ? t('rooms.passwordStays') : undefined}
          />
        )}
        <Select
          key={`category ${catalog.isLoading}`}
          label={t('rooms.category')}
          name="category"
          defaultValue={about.category?.id ?? ''}
        >
          <option value="">{t('none')}</option>
          {categories.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          key={`region ${catalog.isLoading}`}
          label={t('rooms.region')}
          name="region"
          defaultValue={about.region?.id ?? ''}
        >
          <option value="">{t('none')}</option>
          <RegionOptions regions={regions} />
        </Select>
        <RuleFields about={about} />
        <ErrorText error={work.error} />
        <Button type="submit" look="primary" isBusy={work.isBusy}>
          {t('save')}
        </Button>
      </form>
      <Switch
        label={t('room.archived')}
        checked={about.archivedAt !== null}
        onChange={({ target }) =>
          void work.run(() =>
            kabar.mutate(updateRoomMutation, { input: { roomId: room.id, archived: target.checked } }),
          )
        }
      />
      <DeleteRoom room={room} />
    </>
  )
}

/** Deletes a room for ever; where the server lets nobody, there is no such button. */
function DeleteRoom({ room }: { room: OpenRoom }) {
  const t = useText()
  const kabar = useKabar()
  const server = useServer()
  const { go } = useRouter()
  const work = useWork()
  const [isAsking, setIsAsking] = useState(false)
  if (!room.can.deleteRoom.allowed || server?.roomDeletion !== 'OWNER') return null
  const remove = () =>
    void work.run(async () => {
      await kabar.mutate(deleteRoomMutation, { input: { roomId: room.id } })
      go('/', { replace: true })
    })
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        {t('room.delete')}
      </Button>
      {isAsking && (
        <Dialog title={t('room.deleteTitle', { name: room.title })} onClose={() => setIsAsking(false)}>
          <p>{t('room.deleteHint')}</p>
          <ErrorText error={work.error} />
          <div className={styles.actions}>
            <Button look="danger" isBusy={work.isBusy} onClick={remove}>
              {t('room.delete')}
            </Button>
            <Button onClick={() => setIsAsking(false)}>{t('cancel')}</Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
