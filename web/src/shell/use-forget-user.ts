import { useSession } from 'kabar-client/react'
import { useEffect } from 'react'
import { showUnread } from './use-title.ts'
import { forgetUsers } from './user-storage.ts'

/** The key of `http/graphiql-token.ts` of the server: GraphiQL has the same origin. */
const graphiqlTokenKey = 'kabar token'

/**
 * Removes what this browser shows and keeps of a user when they sign out.
 *
 * After a session that has expired, drafts wait for the same user; they go when another one signs in.
 */
export function useForgetUser(): void {
  const session = useSession()
  const { status } = session
  const userId = session.user?.id ?? null
  const isExpired = session.status === 'signed-out' && session.reason === 'expired'
  useEffect(() => {
    if (status === 'loading' || isExpired) return
    forgetUsers(userId)
  }, [status, userId, isExpired])
  useEffect(() => {
    if (status === 'signed-out') hideFromNext()
    // another tab may have changed the user directly
    return userId ? hideFromNext : undefined
  }, [status, userId])
}

/** Takes away what is on the screen of the user who left, and not part of the page. */
function hideFromNext(): void {
  showUnread(0)
  try {
    sessionStorage.removeItem(graphiqlTokenKey)
  } catch {
    // a browser that forbids it holds no token
  }
  void closeNotifications().catch(() => {})
}

async function closeNotifications(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  for (const notification of (await registration?.getNotifications()) ?? []) notification.close()
}
