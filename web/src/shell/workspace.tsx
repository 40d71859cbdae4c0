import type { SessionUser } from 'kabar-client'
import { lazy, Suspense, useCallback, useState } from 'react'
import { OperatorsOnly } from '../operators/operators-only.tsx'
import { Home } from '../rooms/home.tsx'
import { JoinPage } from '../rooms/join-page.tsx'
import { loadRoomPage } from '../rooms/load-room-page.ts'
import { Sidebar } from '../rooms/sidebar.tsx'
import { useText } from './locale.tsx'
import { MissingPage } from './message.tsx'
import { useRouter } from './router.tsx'
import { StatusLine } from './status-line.tsx'
import { useNotifications } from './use-notifications.ts'
import { useShortcuts } from './use-shortcuts.ts'
import { useTitle } from './use-title.ts'
import { ViewerProvider } from './viewer.tsx'
import styles from './workspace.module.css'

const RoomPage = lazy(() => loadRoomPage().then(({ RoomPage: page }) => ({ default: page })))
const Discover = lazy(() => import('../rooms/discover.tsx').then(({ Discover: page }) => ({ default: page })))
const Friends = lazy(() => import('../people/friends.tsx').then(({ Friends: page }) => ({ default: page })))
const Settings = lazy(() => import('../account/settings.tsx').then(({ Settings: page }) => ({ default: page })))
const SearchPage = lazy(() => import('../messages/search-page.tsx').then(({ SearchPage: page }) => ({ default: page })))
const SavedPage = lazy(() => import('../messages/saved-page.tsx').then(({ SavedPage: page }) => ({ default: page })))
const Switcher = lazy(() => import('../rooms/switcher.tsx').then(({ Switcher: dialog }) => ({ default: dialog })))
const Shortcuts = lazy(() => import('./shortcuts.tsx').then(({ Shortcuts: dialog }) => ({ default: dialog })))

/** Shows the rooms at the side, and one page beside them, to a signed-in user. */
export function Workspace({ viewer }: { viewer: SessionUser }) {
  const t = useText()
  const { segments } = useRouter()
  const [dialog, setDialog] = useState<'switcher' | 'shortcuts' | null>(null)
  const openSwitcher = useCallback(() => setDialog('switcher'), [])
  useShortcuts({ onSwitcher: openSwitcher, onHelp: () => setDialog('shortcuts') })
  const isHome = segments.length === 0
  return (
    <ViewerProvider value={viewer}>
      <div className={styles.workspace} data-pane={isHome ? 'side' : 'main'}>
        <Sidebar onSearch={openSwitcher} />
        <main className={styles.main} data-region="main" tabIndex={-1} aria-label={t('region.main')}>
          <StatusLine />
          <Suspense fallback={<div className={styles.waiting} />}>
            <Page segments={segments} />
          </Suspense>
        </main>
        <UnreadSigns />
        <Suspense>
          {dialog === 'switcher' && <Switcher onClose={() => setDialog(null)} />}
          {dialog === 'shortcuts' && <Shortcuts onClose={() => setDialog(null)} />}
        </Suspense>
      </div>
    </ViewerProvider>
  )
}

/** The title and notifications: a part of its own, as they change with every message. */
function UnreadSigns() {
  useTitle()
  useNotifications()
  return null
}

function Page({ segments: [first, second, third] }: { segments: readonly string[] }) {
  if (first === undefined) return <Home />
  switch (first) {
    case 'r':
      return second ? <RoomPage key={second} address={second} number={third ? Number(third) : null} /> : <Home />
    case 'j':
      return <JoinPage key={second} code={second ?? ''} />
    case 'i':
      return <JoinPage key={second} invite={second ?? ''} />
    case 'discover':
      return <Discover />
    case 'friends':
      return <Friends />
    case 'search':
      return <SearchPage />
    case 'saved':
      return <SavedPage />
    case 'settings':
      return <Settings section={second ?? 'profile'} />
    case 'operator':
      return <OperatorsOnly section={second ?? 'reports'} />
    default:
      return <MissingPage />
  }
}
