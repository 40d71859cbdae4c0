import type { SessionUser } from 'kabar-client'
import { createContext, use } from 'react'

const ViewerContext = createContext<SessionUser | null>(null)

/** Gives the pages inside it the one who is signed in. */
export const ViewerProvider = ViewerContext

/** Gives the one who is signed in. */
export function useViewer(): SessionUser {
  const viewer = use(ViewerContext)
  if (!viewer) throw new Error('useViewer needs somebody who is signed in')
  return viewer
}
