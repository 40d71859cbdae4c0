import { useSession } from 'kabar-client/react'
import { Landing } from '../account/landing.tsx'
import { Workspace } from './workspace.tsx'

/** Everything: the landing page, or what those see who are signed in. */
export function App() {
  const { status, user } = useSession()
  if (status === 'loading') return null
  // another person begins with pages of their own
  return status === 'signed-in' ? <Workspace key={user.id} viewer={user} /> : <Landing />
}
