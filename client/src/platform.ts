/** Events of the browser that a page listens to. */
export interface PlatformListeners {
  /** It is worth trying at once: the network or the page is back. */
  hurry(): void
  /** Called when the network has come or gone. */
  changed(): void
  /** The page may end: what has changed is to be kept now. */
  flush(): void
}

/** Listens to the browser. Elsewhere nothing happens. */
export function listenToPlatform({ hurry, changed, flush }: PlatformListeners): () => void {
  const page = globalThis.document
  if (typeof globalThis.addEventListener !== 'function') return () => {}
  const visible = () => (page?.visibilityState === 'hidden' ? flush() : hurry())
  const online = () => {
    hurry()
    changed()
  }
  const listeners: [EventTarget | undefined, string, () => void][] = [
    [globalThis, 'online', online],
    [globalThis, 'offline', changed],
    [globalThis, 'pageshow', hurry],
    [globalThis, 'pagehide', flush],
    [page, 'visibilitychange', visible],
    [page, 'resume', hurry],
    [page, 'freeze', flush],
  ]
  for (const [target, name, listener] of listeners) target?.addEventListener(name, listener)
  return () => {
    for (const [target, name, listener] of listeners) target?.removeEventListener(name, listener)
  }
}
