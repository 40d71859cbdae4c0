import { useAccount, useKabar, usePeople } from 'kabar-client/react'
import { unblockUserMutation } from '../people/operations.ts'
import { PersonLine } from '../people/person-line.tsx'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Choice, Switch } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import { updateProfileMutation } from './operations.ts'
import styles from './settings.module.css'

const flags = ['showsReceipts', 'showsPresence', 'showsLastSeen'] as const

/** The settings of direct messages, visible data and blocked users. */
export function Privacy() {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const account = useAccount()
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
          value={account.directMessagePolicy}
          options={options}
          onChoose={(policy) =>
            void work.run(() => kabar.mutate(updateProfileMutation, { input: { directMessagePolicy: policy } }))
          }
        />
      </div>
      <div className={styles.block}>
        <h2>{t('shows.title')}</h2>
        <p className={styles.muted}>{t('shows.about')}</p>
        {flags.map((flag) => (
          <Switch
            key={flag}
            label={t(`shows.${flag}`)}
            checked={account[flag] && (flag !== 'showsLastSeen' || account.showsPresence)}
            disabled={flag === 'showsLastSeen' && !account.showsPresence}
            onChange={({ target }) =>
              void work.run(() => kabar.mutate(updateProfileMutation, { input: { [flag]: target.checked } }))
            }
          />
        ))}
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
