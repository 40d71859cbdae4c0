import type { User } from 'kabar-client'
import { useKabar, usePeople } from 'kabar-client/react'
import { type ReactNode, useState } from 'react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './friends.module.css'
import { friendMutations } from './operations.ts'
import { PersonLine } from './person-line.tsx'
import { PeopleSearch } from './pick-person.tsx'
import { Profile } from './profile.tsx'

/** Friends, and those who asked or were asked. */
export function Friends() {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const people = usePeople()
  const work = useWork()
  const [isAdding, setIsAdding] = useState(false)
  const [profile, setProfile] = useState<string | null>(null)
  const change = (document: string, userId: string) =>
    void work.run(() => kabar.mutate(document, { input: { userId } }))
  const line = (user: User, note: string | undefined, actions?: ReactNode) => (
    <li key={user.id} className={styles.item}>
      <button type="button" className={styles.person} onClick={() => setProfile(user.id)}>
        <PersonLine
          person={user}
          note={note}
          url={user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)}
          presence={people.presence.get(user.id)}
        />
      </button>
      {actions}
    </li>
  )
  return (
    <div className={styles.page}>
      <PageHeader title={t('friends.title')}>
        <Button look="primary" onClick={() => setIsAdding(true)}>
          {t('friends.add')}
        </Button>
      </PageHeader>
      <div className={styles.lists}>
        <ErrorText error={work.error ?? people.error} />
        <Group title={t('friends.incoming')} isShown={people.incoming.length > 0}>
          {people.incoming.map(({ requester, requestedAt }) =>
            line(
              requester,
              format.ago(requestedAt),
              <>
                <Button look="primary" onClick={() => change(friendMutations.accept, requester.id)}>
                  {t('friends.accept')}
                </Button>
                <Button onClick={() => change(friendMutations.decline, requester.id)}>{t('friends.decline')}</Button>
              </>,
            ),
          )}
        </Group>
        <Group title={t('friends.outgoing')} isShown={people.outgoing.length > 0}>
          {people.outgoing.map(({ addressee, requestedAt }) =>
            line(
              addressee,
              t('friends.asked', { when: format.ago(requestedAt) }),
              <Button onClick={() => change(friendMutations.cancel, addressee.id)}>{t('friends.cancel')}</Button>,
            ),
          )}
        </Group>
        <Group title={t('friends.all', { count: people.friends.length })} isShown={people.friends.length > 0}>
          {people.friends.map((user) => line(user, t(`presence.${people.presence.get(user.id) ?? 'OFFLINE'}`)))}
        </Group>
        {people.isLoaded && people.friends.length + people.incoming.length + people.outgoing.length === 0 && (
          <p className={styles.none}>{t('friends.none')}</p>
        )}
      </div>
      {isAdding && (
        <Dialog title={t('friends.add')} onClose={() => setIsAdding(false)}>
          <PeopleSearch
            onPick={(userId) => {
              setIsAdding(false)
              setProfile(userId)
            }}
          />
        </Dialog>
      )}
      {profile && <Profile userId={profile} onClose={() => setProfile(null)} />}
    </div>
  )
}

function Group({ title, isShown, children }: { title: string; isShown: boolean; children: ReactNode }) {
  if (!isShown) return null
  return (
    <section>
      <h2 className={styles.title}>{title}</h2>
      <ul>{children}</ul>
    </section>
  )
}
