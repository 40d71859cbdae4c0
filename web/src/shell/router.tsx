// Addresses of the pages. A dozen routes need no library: one list of segments, and history.

import { createContext, type MouseEvent, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react'

/** Where the page is, and how to go elsewhere. */
export interface Router {
  /** The path without its slashes: `/r/TEATABLE/12` is `['r', 'TEATABLE', '12']`. */
  readonly segments: readonly string[]
  readonly path: string
  go(path: string, options?: { replace?: boolean }): void
  /** One page back, or up to a path where there is none of ours before this one. */
  back(fallback: string): void
}

const RouterContext = createContext<Router | null>(null)

/** Gives the pages inside it their address. */
export function RouterProvider({ children }: { children: ReactNode }) {
  const [path, setPath] = useState(() => location.pathname)
  useEffect(() => {
    const read = () => setPath(location.pathname)
    addEventListener('popstate', read)
    return () => removeEventListener('popstate', read)
  }, [])
  const go = useCallback((to: string, { replace = false }: { replace?: boolean } = {}) => {
    if (to !== location.pathname) history[replace ? 'replaceState' : 'pushState']({ ours: true }, '', to)
    setPath(to)
  }, [])
  const back = useCallback(
    (fallback: string) => {
      if ((history.state as { ours?: boolean } | null)?.ours) history.back()
      else go(fallback, { replace: true })
    },
    [go],
  )
  const router = useMemo(
    () => ({ path, segments: path.split('/').filter(Boolean).map(decodeSegment), go, back }),
    [path, go, back],
  )
  return <RouterContext value={router}>{children}</RouterContext>
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Gives the address of the page. */
export function useRouter(): Router {
  const router = use(RouterContext)
  if (!router) throw new Error('useRouter needs a RouterProvider')
  return router
}

/** A link within the pages. Clicks with a modifier are left to the browser. */
export function Link({ to, className, children, ...rest }: LinkProps) {
  const { go } = useRouter()
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={to} className={className} onClick={follow} {...rest}>
      {children}
    </a>
  )
}

interface LinkProps {
  to: string
  className?: string | undefined
  children: ReactNode
  'aria-current'?: 'page' | undefined
  'aria-label'?: string | undefined
  title?: string | undefined
}
