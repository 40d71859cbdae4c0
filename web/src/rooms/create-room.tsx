import { useKabar } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Choice, Field, Select, TextArea } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import styles from './form.module.css'
import { type CatalogData, type CreateRoomData, catalogQuery, createRoomMutation } from './operations.ts'
import { RegionOptions } from './region-options.tsx'
import { Share } from './share.tsx'

type Access = 'OPEN' | 'PASSWORD' | 'INVITE'

/** Makes a room, and then shows how others come into it. */
export function CreateRoom({ onClose }: { onClose: () => void }) {
  const t = useText()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const catalog = useAsk<CatalogData>(catalogQuery, {})
  const [access, setAccess] = useState<Access>('OPEN')
  const [made, setMade] = useState<{ id: string; code: string; access: Access } | null>(null)

  const create = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => textIn(form, name).trim() || null
    const input = {
      ...{ name: text('name'), description: text('description'), access, password: text('password') },
      ...{ categoryId: text('category'), regionId: text('region') },
    }
    void work.run(async () => {
      const { createRoom } = await kabar.mutate<CreateRoomData>(createRoomMutation, { input })
      setMade({ ...createRoom.room, access })
    })
  }

  if (made) {
    const enter = () => {
      onClose()
      go(`/r/${made.code}`)
    }
    return (
      <Dialog title={t('rooms.created')} onClose={enter}>
        <Share room={made} />
        <Button look="primary" onClick={enter}>
          {t('rooms.enter')}
        </Button>
      </Dialog>
    )
  }
  const { categories = [], regions = [] } = catalog.data ?? {}
  return (
    <Dialog title={t('rooms.create')} onClose={onClose}>
      <form className={styles.form} onSubmit={create}>
        <Field label={t('rooms.name')} name="name" required maxLength={80} autoFocus autoComplete="off" />
        <TextArea label={t('rooms.description')} name="description" maxLength={1_000} rows={2} hint={t('optional')} />
        <AccessChoice value={access} onChoose={setAccess} />
        {access === 'PASSWORD' && (
          <Field label={t('rooms.password')} name="password" required maxLength={256} autoComplete="off" />
        )}
        {(categories.length > 0 || regions.length > 0) && (
          <div className={styles.pair}>
            {categories.length > 0 && (
              <Select label={t('rooms.category')} name="category" defaultValue="">
                <option value="">{t('none')}</option>
                {categories.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
            {regions.length > 0 && (
              <Select label={t('rooms.region')} name="region" defaultValue="">
                <option value="">{t('none')}</option>
                <RegionOptions regions={regions} />
              </Select>
            )}
          </div>
        )}
        <ErrorText error={work.error} />
        <Button type="submit" look="primary" isBusy={work.isBusy}>
          {t('rooms.createAction')}
        </Button>
      </form>
    </Dialog>
  )
}

/** Shows the choice of who may enter a room. */
export function AccessChoice({ value, onChoose }: { value: Access; onChoose: (value: Access) => void }) {
  const t = useText()
  const options = (['OPEN', 'PASSWORD', 'INVITE'] as const).map((access) => ({
    value: access,
    label: t(`access.${access}`),
    hint: t(`access.${access}.hint`),
  }))
  return <Choice legend={t('rooms.access')} value={value} options={options} onChoose={onChoose} />
}
