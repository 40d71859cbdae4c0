import { useAccount, useKabar, usePeople } from 'kabar-client/react'
import { unblockUserMutation } from '../people/operations.ts'
import { PersonLine } from '../people/person-line.tsx'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Choice } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import { updateProfileMutation } from './operations.ts'
import styles from './settings.module.css'

/** Who may write to the viewer, and who may not at all. */
export function Privacy() {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const { directMessagePolicy } = useAccount()
  const { blocked } = usePeople()
  const options = (['EVERYONE', 'SHARED_ROOMS', 'FRIENDS'] as const).map((value) => ({
    value,
    label: t(`policy.${value}`),
  }))
  return (
    <>
      <ErrorText error={work.error} />
      <div className={styles.block}>
        <Choice
          legend={t('policy.title')}
          value={directMessagePolicy}
          options={options}
          onChoose={(policy) =>
            void work.run(() => kabar.mutate(updateProfileMutation, { input: { directMessagePolicy: policy } }))
          }
        />
      </div>
      <div className={styles.block}>
        <h2>{t('block.title')}</h2>
        {blocked.length === 0 && <p className={styles.muted}>{t('block.none')}</p>}
        <ul>
          {blocked.map((user) => (
            <li key={user.id}>
              <PersonLine
                person={user}
                url={user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)}
              >
                <Button
                  onClick={() => void work.run(() => kabar.mutate(unblockUserMutation, { input: { userId: user.id } }))}
                >
                  {t('block.undo')}
                </Button>
              </PersonLine>
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}
