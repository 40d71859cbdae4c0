import { createKabar, indexedDb } from 'kabar-client'
import { KabarProvider } from 'kabar-client/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadRoomPage } from './rooms/load-room-page.ts'
import { AnnouncerProvider } from './shell/announcer.tsx'
import { App } from './shell/app.tsx'
import { loadWorkspace } from './shell/load-workspace.ts'
import { LocaleProvider, loadCatalog, preferredLanguage } from './shell/locale.tsx'
import { RouterProvider } from './shell/router.tsx'
import { registerServiceWorker } from './shell/service-worker-registration.ts'
import './shell/theme.css'
import { applyTheme } from './shell/theme.ts'
import { ToastProvider } from './shell/toast.tsx'

applyTheme()
// beside the language, not after it: the client loads the code of who is signed in
const kabar = createKabar({ url: new URL('/graphql', location.href).href, persistence: indexedDb() })
kabar.session.subscribe(() => {
  if (kabar.session.getSnapshot().status === 'signed-in') void loadWorkspace()
})
if (location.pathname.startsWith('/r/')) void loadRoomPage()
const language = preferredLanguage()
const catalog = await loadCatalog(language)
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with the id "root"')

createRoot(root).render(
  <StrictMode>
    <LocaleProvider first={{ language, catalog }}>
      <KabarProvider kabar={kabar}>
        <RouterProvider>
          <AnnouncerProvider>
            <ToastProvider>
              <App />
            </ToastProvider>
          </AnnouncerProvider>
        </RouterProvider>
      </KabarProvider>
    </LocaleProvider>
  </StrictMode>,
)
if (import.meta.env.PROD) registerServiceWorker()
