import { useRooms, useSession } from 'kabar-client/react'
import { Compass, Hash, LogOut, MessageCircle, Plus } from 'lucide-react'
import { useState } from 'react'
import { PickPerson } from '../people/pick-person.tsx'
import { Button } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useViewer } from '../shell/viewer.tsx'
import { CreateRoom } from './create-room.tsx'
import styles from './home.module.css'
import { JoinForm } from './join-form.tsx'

/** The dashboard: where to begin. */
export function Home() {
  const t = useText()
  const viewer = useViewer()
  const session = useSession()
  const { go } = useRouter()
  const unreadCount = useRooms((rooms) => rooms.unreadCount)
  const [dialog, setDialog] = useState<'create' | 'direct' | null>(null)
  return (
    <div className={styles.home}>
      <div className={styles.inner}>
        <header>
          <h1>{t('home.welcome', { name: viewer.displayName })}</h1>
          <p>{t('home.unread', { count: unreadCount })}</p>
        </header>
        <div className={styles.cards}>
          <button type="button" className={styles.card} onClick={() => setDialog('create')}>
            <Plus size={20} aria-hidden />
            <b>{t('rooms.create')}</b>
            <span>{t('home.create')}</span>
          </button>
          <button type="button" className={styles.card} onClick={() => setDialog('direct')}>
            <MessageCircle size={20} aria-hidden />
            <b>{t('rooms.direct')}</b>
            <span>{t('home.direct')}</span>
          </button>
          <button type="button" className={styles.card} onClick={() => go('/discover')}>
            <Compass size={20} aria-hidden />
            <b>{t('discover.title')}</b>
            <span>{t('home.discover')}</span>
          </button>
        </div>
        <section className={styles.join}>
          <h2>
            <Hash size={18} aria-hidden /> {t('join.title')}
          </h2>
          <JoinForm />
        </section>
        <Button look="quiet" className={styles.out} onClick={() => void session.signOut()}>
          <LogOut size={16} aria-hidden />
          {t('account.signOut')}
        </Button>
      </div>
      {dialog === 'create' && <CreateRoom onClose={() => setDialog(null)} />}
      {dialog === 'direct' && <PickPerson onClose={() => setDialog(null)} />}
    </div>
  )
}
