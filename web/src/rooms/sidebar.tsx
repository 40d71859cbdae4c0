import { usePeople, useRooms } from 'kabar-client/react'
import { Bookmark, Compass, Plus, Search, UsersRound } from 'lucide-react'
import { lazy, memo, Suspense, useState } from 'react'
import { Button, IconButton } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import { Link, useRouter } from '../shell/router.tsx'
import { CreateRoom } from './create-room.tsx'
import { RoomList } from './room-list.tsx'
import styles from './sidebar.module.css'
import { ViewerMenu } from './viewer-menu.tsx'

const Invitations = lazy(() => import('./invitations.tsx').then((module) => ({ default: module.Invitations })))

/** The rooms of the viewer, and the ways to more. */
export const Sidebar = memo(function Sidebar({ onSearch }: { onSearch: () => void }) {
  const t = useText()
  const { segments } = useRouter()
  const hasNone = useRooms(({ isLoaded, rooms }) => isLoaded && rooms.length === 0)
  const { incoming, invitations } = usePeople((people) => ({
    incoming: people.incoming,
    invitations: people.invitations,
  }))
  const [isCreating, setIsCreating] = useState(false)
  const here = (segment: string) => (segments[0] === segment ? ('page' as const) : undefined)
  return (
    <nav className={styles.sidebar} data-region="rooms" tabIndex={-1} aria-label={t('region.rooms')}>
      <header className={styles.header}>
        <ViewerMenu />
        <IconButton label={t('rooms.create')} onClick={() => setIsCreating(true)}>
          <Plus size={20} />
        </IconButton>
      </header>
      <button type="button" className={styles.search} onClick={onSearch}>
        <Search size={16} aria-hidden />
        {t('rooms.find')}
        <kbd>Ctrl K</kbd>
      </button>
      <div className={styles.links}>
        <Link to="/discover" aria-current={here('discover')}>
          <Compass size={18} aria-hidden />
          {t('discover.title')}
        </Link>
        <Link to="/friends" aria-current={here('friends')}>
          <UsersRound size={18} aria-hidden />
          {t('friends.title')}
          {incoming.length > 0 && (
            <span className={styles.badge}>
              {incoming.length}
              <span className="unseen"> {t('friends.waiting')}</span>
            </span>
          )}
        </Link>
        <Link to="/saved" aria-current={here('saved')}>
          <Bookmark size={18} aria-hidden />
          {t('saved.title')}
        </Link>
      </div>
      {invitations.length > 0 && (
        <Suspense fallback={null}>
          <Invitations invitations={invitations} />
        </Suspense>
      )}
      <RoomList />
      {hasNone && (
        <div className={styles.empty}>
          <p>{t('rooms.none')}</p>
          <Button look="primary" onClick={() => setIsCreating(true)}>
            {t('rooms.create')}
          </Button>
        </div>
      )}
      {isCreating && <CreateRoom onClose={() => setIsCreating(false)} />}
    </nav>
  )
})
