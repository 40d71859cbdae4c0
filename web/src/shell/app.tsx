import { useSession } from 'kabar-client/react'
import { lazy, Suspense } from 'react'
import { Landing } from '../account/landing.tsx'
import { loadWorkspace } from './load-workspace.ts'
import { useRouter } from './router.tsx'
import { useForgetUser } from './use-forget-user.ts'

const Workspace = lazy(() => loadWorkspace().then(({ Workspace: pages }) => ({ default: pages })))
const LabPage = lazy(() => import('../lab/lab-page.tsx').then(({ LabPage: page }) => ({ default: page })))

/** Everything: the landing page, or what those see who are signed in. */
export function App() {
  const { status, user } = useSession()
  const { path } = useRouter()
  useForgetUser()
  // its two users sign in by themselves
  if (path === '/lab') {
    return (
      <Suspense>
        <LabPage />
      </Suspense>
    )
  }
  if (status === 'loading') return null
  // another person begins with pages of their own
  return status === 'signed-in' ? (
    <Suspense>
      <Workspace key={user.id} viewer={user} />
    </Suspense>
  ) : (
    <Landing />
  )
}
